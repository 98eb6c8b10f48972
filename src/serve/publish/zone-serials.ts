import type { Change, Configuration, Kind } from '../../store/contract/documents.ts';
import { type Deletions, isOfAnyZone } from '../../store/integrity/deletions.ts';
import { serialBaseOf } from '../../store/integrity/epoch.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import type { Zone } from '../../zone/zone.ts';

/** The serials of zones (docs/RECORDS.md): 32 bits (RFC 1982), the same on every node that has the same configuration. */
export interface SerialSource {
  /** The serial of a zone. That of one which stays the same object rises only with these two, up to them. */
  serialOf(zone: Zone): number;
  /** What every zone has at least, and what every zone in which pools appear has at least. */
  readonly least: number;
  readonly leastWithPools: number;
}

/** Follows the configuration for the serials of zones. */
export interface ZoneSerials extends SerialSource {
  /** Takes a whole configuration in. */
  load(read: Configuration): void;
  /** Takes one revision in. */
  apply(change: Change): void;
}

/** Returns true where pools appear in a zone, at their own names or by load balancers. */
export function hasPools({ pools, steered }: Zone): boolean {
  return pools !== undefined || steered !== undefined;
}

/**
 * Numbers zones by the revision that changed them last: that of their own document, or of a record or a load balancer of theirs
 * (Zone.revision), or of any pool, where pools appear in them. Before anything is loaded all serials are 0.
 */
export function createZoneSerials(): ZoneSerials {
  let history: string | undefined;
  let base = 0;
  /** The last revision that may have changed any zone, and the last one that wrote or deleted a pool. */
  let since = 0;
  let pools = 0;
  const serialAt = (revision: number) => (base + Math.max(since, revision)) >>> 0;
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
      if (isUnread(read, 'load_balancer') || isUnread(read, 'record')) since = Math.max(since, revision);
    },
    apply({ revision, deletionsSince = 0, entries }) {
      since = Math.max(since, deletionsSince);
      if (isOfAnyZone(entries)) since = revision;
      const isOfPool = entries.some((entry) => (entry.op === 'put' ? entry.document : entry).kind === 'pool');
      if (isOfPool) pools = revision;
    },
    serialOf: (zone) => serialAt(Math.max(zone.revision ?? 0, hasPools(zone) ? pools : 0)),
    get least() {
      return serialAt(0);
    },
    get leastWithPools() {
      return serialAt(pools);
    },
  };
}

/** Returns true where a document that cannot be read is, or may be, of this kind, and the reading has no other of it. */
function isUnread({ documents, damaged }: Configuration, kind: Kind): boolean {
  if (damaged === undefined) return false;
  const known = new Set(documentsOf(documents, kind).map(({ id }) => id));
  return damaged.unnamed > 0 || damaged.documents.some((ref) => ref.kind === kind && !known.has(ref.id));
}
