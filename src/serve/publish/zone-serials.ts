import type { Change, Configuration } from '../../store/contract/documents.ts';
import type { Deletions } from '../../store/integrity/deletions.ts';
import { serialBaseOf } from '../../store/integrity/epoch.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
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
  let history: string | undefined;
  let base = 0;
  /** Since when deletions are known, and the last revision that wrote or deleted a pool. */
  let since = 0;
  let pools = 0;
  return {
    load({ epoch, revision, documents, deletions, damaged }) {
      const known: Deletions = deletions ?? { since: revision, pool: 0 };
      // Documents that a later reading cannot read were seen before.
      const seen = epoch === history ? pools : 0;
      history = epoch;
      base = serialBaseOf(epoch);
      since = known.since;
      pools = Math.max(seen, known.pool);
      const unread = new Set(
        (damaged?.documents ?? []).flatMap(({ kind, id }) => (kind === 'pool' ? id : [])),
      );
      for (const { id, revision: written } of documentsOf(documents, 'pool')) {
        pools = Math.max(pools, written);
        unread.delete(id);
      }
      // A pool that cannot be read may have been written last of all: a serial may be too high, but never lower than
      // before.
      if (unread.size > 0 || (damaged?.unnamed ?? 0) > 0) pools = Math.max(pools, revision);
    },
    apply({ revision, deletionsSince = 0, entries }) {
      since = Math.max(since, deletionsSince);
      const isOfPool = entries.some((entry) => (entry.op === 'put' ? entry.document : entry).kind === 'pool');
      if (isOfPool) pools = revision;
    },
    of(zone) {
      const changed = Math.max(since, revisionOf(zone), zone.pools === undefined ? 0 : pools);
      return (base + changed) >>> 0;
    },
  };
}
