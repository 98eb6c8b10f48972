import type { Pool } from '../pool.ts';

/** What share of its queries a pool moves to the other pools of a load balancer, and how they are chosen. */
export interface LoadShedding {
  /** 0 to 100. */
  readonly percent: number;
  /** The client's address decides, so that the same clients are moved each time; otherwise each query is drawn. */
  readonly byHash: boolean;
}

/** Returns how a pool sheds load. Fields about session affinity have no effect in DNS. */
export function loadSheddingOf({ loadShedding }: Pool): LoadShedding {
  const { default_percent: percent, default_policy: policy } = loadShedding ?? {};
  return { percent: typeof percent === 'number' ? percent : 0, byHash: policy === 'hash' };
}
