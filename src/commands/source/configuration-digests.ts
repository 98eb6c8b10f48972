import { createHash } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import type { ConfigurationDigests } from '../../event/node-status.ts';

/** Hexadecimal digits of a digest: enough to tell configurations apart, and short enough to compare by eye. */
const DIGITS = 12;

/**
 * Digests the parts of a configuration that all nodes must have in common: what they answer from and judge by. Not in it: secrets,
 * addresses to listen at, and where a node is. Digests of two versions cannot be compared.
 */
export function digestsOf({ zones, health, limits, dns, monitor }: Config): ConfigurationDigests {
  const parts = {
    zones: digest(zones.map(digest).sort()),
    health: digest(health),
    limits: digest([
      limits,
      dns.answerAddressesMax,
      monitor.probersPerRegion,
      [monitor.intervalMinSeconds, monitor.intervalMaxSeconds],
    ]),
  };
  return { all: digest(parts), ...parts };
}

function digest(value: unknown): string {
  const text = JSON.stringify(value, (_, each) =>
    each instanceof Uint8Array ? Buffer.from(each).toString('latin1') : each,
  );
  return createHash('sha256').update(text).digest('hex').slice(0, DIGITS);
}
