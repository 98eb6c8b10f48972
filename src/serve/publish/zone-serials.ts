import type { Deletions } from '../../store/integrity/deletions.ts';
import { serialBaseOf } from '../../store/integrity/epoch.ts';
import type { Change, Configuration } from '../../store/store.ts';
import type { Zone } from '../../zone/zone.ts';

/** The serials of zones (docs/SERIALS.md). */
export interface ZoneSerials {
  /** Takes a whole configuration in. */
  load(read: Configuration): void;
  /** Takes one revision in. */
  apply(change: Change): void;
  /** The serial of a zone: 32 bits (RFC 1982), the same on every node that has the same configuration. */
  of(zone: Zone): number;
}

/**
 * Numbers zones by the revision that changed them last: that of their own document (`revisionOf`; 0: they are of the
 * configuration file), or of any pool, where pools appear in them. Before anything is loaded all serials are 0.
 */
export function createZoneSerials(revisionOf: (zone: Zone) => number): ZoneSerials {
  let base = 0;
  /** Since when deletions are known, and the last revision that wrote or deleted a pool. */
  let since = 0;
  let pools = 0;
  return {
    load({ epoch, revision, documents, deletions }) {
      const known: Deletions = deletions ?? { since: revision, pool: 0 };
      base = serialBaseOf(epoch);
      since = known.since;
      pools = known.pool;
      for (const document of documents)
        if (document.kind === 'pool') pools = Math.max(pools, document.revision);
    },
    apply({ revision, entries }) {
      const isOfPool = entries.some((entry) => (entry.op === 'put' ? entry.document : entry).kind === 'pool');
      if (isOfPool) pools = revision;
    },
    of(zone) {
      const changed = Math.max(since, revisionOf(zone), zone.pools === undefined ? 0 : pools);
      return (base + changed) >>> 0;
    },
  };
}
