import type { Check } from '../../check/check.ts';
import type { Outcome } from '../../check/outcome.ts';
import type { RefuseTarget } from '../../check/targets.ts';
import { createResolve, type KnownAddresses } from '../../probe/dns/resolve.ts';
import { createPing } from '../../probe/icmp/ping.ts';
import { probe } from '../../probe/probe.ts';
import { createTlsMaterial, type TlsFiles } from '../../probe/tls-material.ts';

/** Makes one check; rejects when the signal aborts, and when it was unable to try. `known`: what its host name had for addresses. */
export type Probe = (check: Check, signal: AbortSignal, known?: KnownAddresses) => Promise<Outcome>;

/** How a worker probes. */
export interface ProbeSettings {
  /** Octets of a response body that are searched; absent: BODY_OCTETS_DEFAULT. */
  readonly bodyOctetsMax?: number;
  /** Octets of the head of an HTTP response; absent: HEADER_OCTETS_DEFAULT. */
  readonly headerOctetsMax?: number;
  /** Files that monitors may name; absent: none. */
  readonly tlsFiles?: TlsFiles;
  /** Where probes may not go; absent: what is denied by default. */
  readonly refuseTarget?: RefuseTarget;
  /** Wall clock, milliseconds since the epoch. */
  readonly now?: () => number;
  /** How long the last known addresses of a host name are probed while no DNS server tells them, milliseconds; absent: not at all. */
  readonly addressesKeptMs?: number;
}

/** Creates the probe of a worker, which asks the DNS servers of this machine and pings from it. */
export function createProbe({
  bodyOctetsMax,
  headerOctetsMax,
  refuseTarget,
  tlsFiles,
  addressesKeptMs: keepMs = 0,
  now: nowMs = Date.now,
}: ProbeSettings): Probe {
  const means = {
    resolve: createResolve({ keepMs, nowMs }),
    ping: createPing(),
    ...(bodyOctetsMax && { bodyOctetsMax }),
    ...(headerOctetsMax && { headerOctetsMax }),
    ...(refuseTarget && { refuse: refuseTarget }),
    ...(tlsFiles && { material: createTlsMaterial(tlsFiles) }),
  };
  return (check, signal, known) => probe(check, { ...means, signal, ...(known && { known }) });
}
