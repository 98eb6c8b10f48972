import type { Check } from '../../check/check.ts';
import type { Outcome } from '../../check/outcome.ts';
import type { RefuseTarget } from '../../check/targets.ts';
import { createResolve, type KnownAddresses } from '../../probe/dns/resolve.ts';
import { createPing } from '../../probe/icmp/ping.ts';
import { probe } from '../../probe/probe.ts';
import { createTlsMaterial, type TlsFiles } from '../../probe/tls-material.ts';

/** Runs one check. Rejects when the signal aborts, and when the probe could not run. `known`: the last known addresses of its host name. */
export type Probe = (check: Check, signal: AbortSignal, known?: KnownAddresses) => Promise<Outcome>;

/** Settings of a worker's probes. */
export interface ProbeSettings {
  /** Number of octets of a response body that are searched; absent: BODY_OCTETS_DEFAULT. */
  readonly bodyOctetsMax?: number;
  /** Maximum of octets of the head of an HTTP response; absent: HEADER_OCTETS_DEFAULT. */
  readonly headerOctetsMax?: number;
  /** Files that monitors may name; absent: none. */
  readonly tlsFiles?: TlsFiles;
  /** Refuses targets of probes; absent: the default rules. */
  readonly refuseTarget?: RefuseTarget;
  /** Wall clock, milliseconds since the epoch. */
  readonly epochMs?: () => number;
  /** Time for which the last known addresses of a host name are probed while no DNS server answers, milliseconds; absent: none. */
  readonly addressesKeptMs?: number;
}

/** Creates the probe of a worker. It asks the DNS servers of this machine and pings from it. */
export function createProbe({
  bodyOctetsMax,
  headerOctetsMax,
  refuseTarget,
  tlsFiles,
  addressesKeptMs: keepMs = 0,
  epochMs = Date.now,
}: ProbeSettings): Probe {
  const means = {
    resolve: createResolve({ keepMs, epochMs }),
    ping: createPing(),
    ...(bodyOctetsMax && { bodyOctetsMax }),
    ...(headerOctetsMax && { headerOctetsMax }),
    ...(refuseTarget && { refuse: refuseTarget }),
    ...(tlsFiles && { material: createTlsMaterial(tlsFiles) }),
  };
  return (check, signal, known) => probe(check, { ...means, signal, ...(known && { known }) });
}
