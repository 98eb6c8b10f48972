/** A target that a worker can reach while its own network works, whatever happens to the endpoints. */
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
 * Returns true when a worker must abstain: more than half of its reference targets are unreachable, so its own network
 * is the suspect. Without targets it never abstains. Returns undefined while the outstanding targets still decide.
 * `reached`: the results so far. `targets`: the number of reference targets.
 */
export function mustAbstain(reached: readonly boolean[], targets: number): boolean | undefined {
  const reachable = reached.filter((ok) => ok).length;
  if ((reached.length - reachable) * 2 > targets) return true;
  return reachable * 2 >= targets ? false : undefined;
}
