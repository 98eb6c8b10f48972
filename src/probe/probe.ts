import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Check } from '../check/check.ts';
import { BODY_OCTETS_DEFAULT, HEADER_OCTETS_DEFAULT } from '../check/monitor.ts';
import type { AddressOutcome, Outcome } from '../check/outcome.ts';
import { createTargets, type RefuseTarget } from '../check/targets.ts';
import { orAborted, withDeadline } from './deadline.ts';
import { attemptDns } from './dns/dns.ts';
import { probedOf, unprobeable } from './dns/probed-addresses.ts';
import type { KnownAddresses, Resolve, Resolved } from './dns/resolve.ts';
import {
  DeadlineExceeded,
  detailOf,
  isTimeout,
  LocalFault,
  MonitorConfigError,
  type Phase,
  reasonOf,
} from './failure.ts';
import { type Finding, GOOD, type Means } from './finding.ts';
import { attemptGrpc } from './grpc/grpc.ts';
import { attemptHttp } from './http/http.ts';
import type { Ping } from './icmp/ping.ts';
import { attemptUdpIcmp } from './icmp/udp-icmp.ts';
import { missingRoute } from './route.ts';
import { attemptSmtp } from './smtp/smtp.ts';
import { connectTcp } from './tcp.ts';
import { createTlsMaterial, type TlsMaterial } from './tls-material.ts';

/** What a probe needs besides its check. */
export interface ProbeOptions {
  /** Finds the addresses of host names. */
  readonly resolve: Resolve;
  /** Sends echo requests, for the types that ping. */
  readonly ping: Ping;
  /** Aborts the check: the probe rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Certificates to trust instead of the runtime's own. */
  readonly secureContext?: SecureContext;
  /** What monitors may name for TLS; absent: no files. */
  readonly material?: TlsMaterial;
  /** Octets of a response body that are searched; absent: BODY_OCTETS_DEFAULT. */
  readonly bodyOctetsMax?: number;
  /** The last known addresses of the host name, for when no DNS server answers. */
  readonly known?: KnownAddresses;
  /** Octets of the head of an HTTP response; absent: HEADER_OCTETS_DEFAULT. */
  readonly headerOctetsMax?: number;
  /** Which IP addresses nothing is sent to; absent: those that are denied unless they are allowed. */
  readonly refuse?: RefuseTarget;
}

const DENIED_BY_DEFAULT = createTargets();
const NO_FILES = createTlsMaterial({ authorities: [], clientCertificates: [] });

/**
 * Makes a check: an attempt, and after one that timed out up to the monitor's `retries` more at once; any other result
 * is final. An attempt never outlives the monitor's timeout, whatever the endpoint does, and leaves nothing open. A host name is
 * resolved first, in a time of its own; then its addresses (probedOf) are probed side by side, each as an endpoint of its own, and the
 * check is ok when it is at one of them.
 *
 * Rejects when the signal aborts, and with LocalFault when this machine was unable to try or is not allowed to, also because no
 * DNS server answers: that says nothing about the endpoint.
 */
export async function probe(check: Check, options: ProbeOptions): Promise<Outcome> {
  return isIP(check.address) === 0 ? probeName(check, options) : probeAddress(check, check.address, options);
}

const NEVER = new AbortController().signal;

async function probeName(check: Check, options: ProbeOptions): Promise<Outcome> {
  const { signal = NEVER } = options;
  const startedMs = performance.now();
  let resolved: Resolved = { addresses: [] };
  try {
    resolved = await orAborted(options.resolve(check.address, signal, options.known), signal);
  } catch (error) {
    signal.throwIfAborted();
    // Only NXDOMAIN comes from the servers of the name. Any other error is on this side.
    if (reasonOf(error, 'resolve') !== 'DNS Unknown Host') throw error;
  }
  const { addresses, unprobed: beside } = probedOf(resolved.addresses);
  if (addresses.length === 0) {
    const fault = unprobeable(resolved.addresses, options.refuse ?? DENIED_BY_DEFAULT);
    if (fault !== undefined) throw new LocalFault(fault);
    return {
      ok: false,
      reason: 'DNS Unknown Host',
      responseCode: 0,
      rttMs: rounded(performance.now() - startedMs),
    };
  }
  const results = await Promise.allSettled(addresses.map((each) => probeAddress(check, each, options)));
  signal.throwIfAborted();
  const found = results.map((result, i) => addressOutcome(addresses[i]!, result));
  const able = found.filter(({ fault }) => fault === undefined);
  // The result of the whole is that of the first healthy address, or else of the first.
  const first = able.find(({ ok }) => ok) ?? able[0];
  if (first === undefined) throw (results[0] as PromiseRejectedResult).reason;
  const ends = results.flatMap((each) =>
    each.status === 'fulfilled' ? (each.value.certificateEndsAtMs ?? []) : [],
  );
  const { ok, reason, detail, responseCode, rttMs } = first;
  const unprobed = beside + (resolved.further ?? 0);
  return {
    ok,
    reason,
    ...(detail && { detail }),
    responseCode,
    rttMs,
    byAddress: found,
    ...(unprobed === 0 ? {} : { unprobed }),
    ...(resolved.ttlSeconds === undefined ? {} : { addressTtlSeconds: resolved.ttlSeconds }),
    ...(resolved.kept === undefined ? {} : { addressesKept: resolved.kept }),
    ...(ends.length === 0 ? {} : { certificateEndsAtMs: Math.min(...ends) }),
  };
}

function addressOutcome(address: string, result: PromiseSettledResult<Outcome>): AddressOutcome {
  if (result.status === 'fulfilled') {
    const { ok, reason, detail, responseCode, rttMs } = result.value;
    return { address, ok, reason, ...(detail && { detail }), responseCode, rttMs };
  }
  const { reason } = result;
  const fault = reason instanceof Error ? reason.message : String(reason);
  return { address, ok: false, reason: 'Probe Not Possible', responseCode: 0, rttMs: 0, fault };
}

/** Makes the attempts at one address. */
async function probeAddress(check: Check, address: string, options: ProbeOptions): Promise<Outcome> {
  let certificateEndsAtMs: number | undefined;
  for (let retries = check.monitor.retries; ; retries--) {
    let phase: Phase = 'connect';
    const startedMs = performance.now();
    const entered = (next: Phase) => {
      phase = next;
    };
    const certified = (endsAtMs: number) => {
      certificateEndsAtMs = endsAtMs;
    };
    let finding: Finding;
    let isOutOfTime = false;
    try {
      finding = await withDeadline(check.monitor.timeoutSeconds * 1_000, options.signal, (signal, untimed) =>
        attempt(check, address, {
          bodyOctetsMax: BODY_OCTETS_DEFAULT,
          headerOctetsMax: HEADER_OCTETS_DEFAULT,
          refuse: DENIED_BY_DEFAULT,
          material: NO_FILES,
          ...options,
          resolve: (name, until) => untimed(options.resolve(name, until)),
          signal,
          entered,
          certified,
        }),
      );
    } catch (error) {
      options.signal?.throwIfAborted();
      const fault = await missingRoute(error, address);
      if (fault !== undefined) throw fault;
      const detail = detailOf(error);
      finding = { reason: reasonOf(error, phase), responseCode: 0, ...(detail && { detail }) };
      // In whatever phase, also the one whose reason does not say so.
      isOutOfTime = error instanceof DeadlineExceeded;
    }
    const { reason, detail, responseCode, rttMs = performance.now() - startedMs } = finding;
    if (retries > 0 && (isOutOfTime || isTimeout(reason))) continue;
    return {
      ok: reason === 'No failures',
      reason,
      ...(detail && { detail }),
      responseCode,
      rttMs: rounded(rttMs),
      ...(certificateEndsAtMs === undefined ? {} : { certificateEndsAtMs }),
    };
  }
}

/** Hundredths are finer than any network and keep the number short. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}

async function attempt(check: Check, address: string, means: Means): Promise<Finding> {
  const refusal = means.refuse(address);
  if (refusal !== undefined) throw new LocalFault(refusal);
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
