import { randomBytes, randomInt } from 'node:crypto';
import { rateLimitMemory } from '../answer/rate-limit.ts';
import type { ResponderSettings } from '../answer/respond.ts';
import type { Config } from '../config/config.ts';
import { SIPHASH_KEY_OCTETS } from '../dns/siphash.ts';

/**
 * Makes the settings of every responder of this process: the configuration in octets, and the memory they share. `was`: the settings
 * before a reload, of which what was drawn or counted stays, and what was chosen at the start; or what the server that this one
 * replaces had drawn.
 */
export function responderSettings(
  dns: Config['dns'],
  clock: SharedArrayBuffer,
  sampling?: ResponderSettings['sampling'],
  was: Partial<ResponderSettings> = {},
): ResponderSettings {
  const { identity, version, cookieSecrets, rateLimit } = dns;
  return {
    clock,
    ...(identity === undefined ? {} : { identity: Uint8Array.from(Buffer.from(identity, 'latin1')) }),
    ...(version === undefined ? {} : { version: Uint8Array.from(Buffer.from(version, 'latin1')) }),
    cookieSecrets:
      cookieSecrets.length > 0
        ? cookieSecrets
        : (was.cookieSecrets ?? [Uint8Array.from(randomBytes(SIPHASH_KEY_OCTETS))]),
    ...(rateLimit === undefined
      ? {}
      : {
          rateLimit: {
            ...rateLimit,
            memory: was.rateLimit?.memory ?? rateLimitMemory(randomInt(2 ** 32)),
          },
        }),
    ...(sampling && { sampling }),
    udpOctetsMax: was.udpOctetsMax ?? dns.udpOctetsMax,
    tcpIdleTimeoutMs: was.tcpIdleTimeoutMs ?? dns.tcp.idleTimeoutMs,
  };
}
