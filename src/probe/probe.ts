import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Check } from '../pool/check.ts';
import { BODY_OCTETS_DEFAULT } from '../pool/monitor.ts';
import type { Outcome } from '../pool/outcome.ts';
import { orAborted, withDeadline } from './deadline.ts';
import { attemptDns } from './dns.ts';
import { DeadlineExceeded, isTimeout, MonitorConfigError, type Phase, reasonOf } from './failure.ts';
import { type Finding, GOOD, type Means } from './finding.ts';
import { attemptGrpc } from './grpc/grpc.ts';
import { attemptHttp } from './http.ts';
import type { Ping } from './icmp/ping.ts';
import { attemptUdpIcmp } from './icmp/udp-icmp.ts';
import type { Resolve, Resolved } from './resolve.ts';
import { attemptSmtp } from './smtp/smtp.ts';
import { connectTcp } from './tcp.ts';

/** What a probe needs besides its check. */
export interface ProbeOptions {
  /** Finds the addresses of host names. */
  readonly resolve: Resolve;
  /** Sends echo requests, for the types that ping. */
  readonly ping: Ping;
  /** Gives the check up: the probe rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Certificates to trust instead of the runtime's own. */
  readonly secureContext?: SecureContext;
  /** Octets of a response body that are searched; absent: BODY_OCTETS_DEFAULT. */
  readonly bodyOctetsMax?: number;
}

/**
 * Makes a check: an attempt, and after one that timed out up to the monitor's `retries` more at once; any other result
 * is final. A host name is resolved once, inside the time of the first attempt that can, and its first address is probed; all its
 * addresses are in the outcome. An attempt never outlives the monitor's timeout, whatever the endpoint does, and
 * leaves nothing open.
 *
 * Rejects when the signal aborts, and with LocalFault when this machine was unable to try.
 */
export async function probe(check: Check, options: ProbeOptions): Promise<Outcome> {
  const isName = isIP(check.address) === 0;
  let resolved: Resolved = { addresses: isName ? [] : [check.address] };
  let certificateEndsAtMs: number | undefined;
  for (let retries = check.monitor.retries; ; retries--) {
    let phase: Phase = 'resolve';
    let startedMs = performance.now();
    const entered = (next: Phase) => {
      phase = next;
    };
    const certified = (endsAtMs: number) => {
      certificateEndsAtMs = endsAtMs;
    };
    let finding: Finding;
    let isOutOfTime = false;
    try {
      finding = await withDeadline(check.monitor.timeoutSeconds * 1_000, options.signal, async (signal) => {
        if (resolved.addresses.length === 0) {
          resolved = await orAborted(options.resolve(check.address, signal), signal);
          startedMs = performance.now();
        }
        const [address] = resolved.addresses;
        if (address === undefined) return { reason: 'DNS Unknown Host', responseCode: 0 };
        return attempt(check, address, {
          bodyOctetsMax: BODY_OCTETS_DEFAULT,
          ...options,
          signal,
          entered,
          certified,
        });
      });
    } catch (error) {
      options.signal?.throwIfAborted();
      finding = { reason: reasonOf(error, phase), responseCode: 0 };
      // In whatever phase, also the one whose reason does not say so.
      isOutOfTime = error instanceof DeadlineExceeded;
    }
    const { reason, responseCode, rttMs = performance.now() - startedMs } = finding;
    if (retries > 0 && (isOutOfTime || isTimeout(reason))) continue;
    return {
      ok: reason === 'No failures',
      reason,
      responseCode,
      // Hundredths are finer than any network and keep the number short.
      rttMs: Math.round(rttMs * 100) / 100,
      ...(isName && resolved.addresses.length > 0 ? addressesIn(resolved) : {}),
      ...(certificateEndsAtMs === undefined ? {} : { certificateEndsAtMs }),
    };
  }
}

function addressesIn({ addresses, ttlSeconds }: Resolved): Pick<Outcome, 'addresses' | 'addressTtlSeconds'> {
  return { addresses, ...(ttlSeconds === undefined ? {} : { addressTtlSeconds: ttlSeconds }) };
}

async function attempt(check: Check, address: string, means: Means): Promise<Finding> {
  switch (check.monitor.type) {
    case 'http':
    case 'https':
      return attemptHttp(check, address, means);
    case 'tcp':
      if (check.port === 0) throw new MonitorConfigError('there is no port to connect to');
      means.entered('connect');
      await connectTcp(address, check.port, means.signal);
      return GOOD;
    case 'icmp_ping':
      means.entered('icmp');
      await means.ping(address, means.signal);
      return GOOD;
    case 'udp_icmp':
      return attemptUdpIcmp(check, address, means);
    case 'smtp':
      return attemptSmtp(check, address, means);
    case 'dns':
      return attemptDns(check, address, means);
    case 'grpc':
    case 'grpcs':
      return attemptGrpc(check, address, means);
  }
}
