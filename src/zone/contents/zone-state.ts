import { orderKey } from '../../dns/canonical-order.ts';
import { prependLabel, type WireName } from '../../dns/name.ts';
import type { RRset } from '../../dns/rrset.ts';
import type { Member } from '../../pool/members.ts';
import type { EndpointSteering } from '../../pool/steering/endpoint-steering.ts';
import { soaRRset } from '../authority.ts';
import { poolRRsets } from '../pool-rrsets.ts';
import type { ZoneContents } from './contents.ts';
import type { OrderedMap } from './ordered-map.ts';

/** A pool as it is answered. */
export interface PublishedPool {
  /** Its name, in the case it was written in. */
  readonly name: string;
  readonly members: readonly Member[];
  /** Absent: by weight. */
  readonly endpointSteering?: EndpointSteering;
  /** Nothing else is known of it: its name exists, and is answered with SERVFAIL. */
  readonly isUnread?: boolean;
}

/** All that a zone answers with at one moment. Zones in which pools appear share those. */
export interface ZoneState {
  readonly contents: ZoneContents;
  /** Serial of its SOA. */
  readonly serial: number;
  /** Every enabled pool by its name in lower case, and so in canonical order. */
  readonly pools: OrderedMap<PublishedPool>;
}

/** The record sets at a name. */
export interface OwnedSets {
  readonly owner: WireName;
  readonly sets: readonly RRset[];
}

/** Every owner of a zone with its record sets, in canonical order (RFC 4034 §6.1): the apex with the SOA first. A pool without members has none. */
export function* ownersInOrder(state: ZoneState): IterableIterator<OwnedSets> {
  const { contents, serial } = state;
  const { head, apexKey, owners } = contents;
  yield { owner: head.apex, sets: [soaRRset(head, serial, 'answer'), ...(owners.get(apexKey) ?? [])] };
  const pools = poolsOf(state);
  let pool = pools.next();
  for (const [key, sets] of owners.from(apexKey)) {
    if (key === apexKey) continue;
    for (; !pool.done && orderKey(pool.value.owner) < key; pool = pools.next()) yield pool.value;
    if (!pool.done && orderKey(pool.value.owner) === key) {
      yield { owner: sets[0]!.owner, sets: [...sets, ...pool.value.sets] };
      pool = pools.next();
    } else yield { owner: sets[0]!.owner, sets };
  }
  for (; !pool.done; pool = pools.next()) yield pool.value;
}

/** The pools that have members, with their addresses, in the order of their names. */
function* poolsOf({ contents: { head }, pools }: ZoneState): Generator<OwnedSets, undefined> {
  if (head.pools === undefined) return;
  for (const [, { name, members }] of pools.from()) {
    const sets = poolRRsets(head, name, members).map(({ rrset }) => rrset);
    if (sets.length > 0) yield { owner: prependLabel(name, head.pools), sets };
  }
}
