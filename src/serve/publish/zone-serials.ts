import type { Change, Configuration, Kind } from '../../store/contract/documents.ts';
import { type Deletions, hasDeletion } from '../../store/integrity/deletions.ts';
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
 * Numbers zones by the revision that changed them last: that of their own document or of a load balancer of theirs
 * (Zone.revision), or of any pool, where pools appear in them. Before anything is loaded all serials are 0.
 */
export function createZoneSerials(): ZoneSerials {
  let history: string | undefined;
  let base = 0;
  /** The last revision that may have changed any zone, and the last one that wrote or deleted a pool. */
  let since = 0;
  let pools = 0;
  return {
    load(read) {
      const { epoch, revision, documents, deletions } = read;
      const known: Deletions = deletions ?? { since: revision, pool: 0 };
      // Documents that a later reading cannot read were seen before.
      const isSame = epoch === history;
      history = epoch;
      base = serialBaseOf(epoch);
      since = Math.max(isSame ? since : 0, known.since);
      pools = Math.max(isSame ? pools : 0, known.pool);
      for (const { revision: written } of documentsOf(documents, 'pool')) pools = Math.max(pools, written);
      // What cannot be read may have been written last of all: a serial may be too high, but never lower than before.
      if (isUnread(read, 'pool')) pools = Math.max(pools, revision);
      if (isUnread(read, 'load_balancer')) since = Math.max(since, revision);
    },
    apply({ revision, deletionsSince = 0, entries }) {
      since = Math.max(since, deletionsSince);
      if (hasDeletion(entries, 'load_balancer')) since = revision;
      const isOfPool = entries.some((entry) => (entry.op === 'put' ? entry.document : entry).kind === 'pool');
      if (isOfPool) pools = revision;
    },
    of(zone) {
      const { revision = 0, isSteered = false } = zone;
      const changed = Math.max(since, revision, zone.pools === undefined && !isSteered ? 0 : pools);
      return (base + changed) >>> 0;
    },
  };
}

/** Returns true where a document that cannot be read is, or may be, of this kind, and the reading has no other of it. */
function isUnread({ documents, damaged }: Configuration, kind: Kind): boolean {
  if (damaged === undefined) return false;
  const known = new Set(documentsOf(documents, kind).map(({ id }) => id));
  return damaged.unnamed > 0 || damaged.documents.some((ref) => ref.kind === kind && !known.has(ref.id));
}
