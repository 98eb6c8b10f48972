/** Something a worker reaches as long as its own network is well, whatever becomes of the endpoints. */
export interface ReferenceTarget {
  /** As configured, such as `tcp://192.0.2.1:53`. */
  readonly text: string;
  readonly type: 'tcp' | 'http' | 'https';
  /** IPv4, IPv6 or host name. */
  readonly address: string;
  /** 1 to 65535. */
  readonly port: number;
  /** Request path; `/` for tcp. */
  readonly path: string;
}

/**
 * Whether a worker is to abstain: more than half of its `targets` reference targets failed, so that its own network is
 * the suspect. Half of them may fail; without targets it never abstains. `reached`: those that are known already; undefined:
 * the others may still decide it.
 */
export function mustAbstain(reached: readonly boolean[], targets: number): boolean | undefined {
  const well = reached.filter((ok) => ok).length;
  if ((reached.length - well) * 2 > targets) return true;
  return well * 2 >= targets ? false : undefined;
}
