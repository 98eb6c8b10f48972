/**
 * Every key this program touches in Redis. All have the same hash tag, so that they live in one slot and one script
 * may touch them all; none expires by itself. `<document>` is `<kind>/<id>`.
 */
export interface Keys {
  /** HASH: epoch, revision, observed (changed observations published so far), observedLink (`<number> <link>` of the last of them), token (of the lease or lead given last; they begin at the time), octets_<trail> (see keep-events.lua), has_reported, has_cursors and lost_<key> (see lost-keys.lua), tally and deletions (store/integrity/tally.ts, store/integrity/deletions.ts). */
  readonly meta: string;
  /** HASH `<document>` → `<revision> <value as JSON>`; as long as the document. */
  readonly documents: string;
  /** HASH `<document>` → MessagePack [revision, [unique value …], [`<document>` referred to …]]; as `documents`. */
  readonly claims: string;
  /** HASH `<kind>/<unique value>` → id; as `documents`. */
  readonly unique: string;
  /** ZSET, all scores 0, of `<octets of target>:<target><source>`, both `<document>`; as `documents`. */
  readonly references: string;
  /** STREAM, id `<revision>-0`: epoch, then `put <document>` → JSON or `delete <document>` → ''; the last CHANGES_MAX. */
  readonly changes: string;
  /** HASH number → the links of some revisions, as in kept-links.ts; a ring of LINK_TEXTS. */
  readonly links: string;
  /** HASH JSON [check, region, worker] → observation as JSON; until dropped. */
  readonly observations: string;
  /** STREAM, id `<number>-0`: epoch, observation as JSON, link as in `changes`; the last OBSERVED_MAX. */
  readonly observed: string;
  /** HASH worker id → `<token> <worker as JSON>`; until the worker leaves or is found expired. */
  readonly workers: string;
  /** ZSET of worker ids, scored by the end of the lease in milliseconds of Redis' clock; as `workers`. */
  readonly leases: string;
  /** STREAM, ids as in keep-events.lua: event → JSON; the last EVENTS_MAX.health. */
  readonly events: string;
  /** STREAM, as `events`; the last EVENTS_MAX.told. */
  readonly reportedEvents: string;
  /** STREAM, as `events`, with revision; the last EVENTS_MAX.audit. */
  readonly auditEvents: string;
  /** HASH: node, token, ends (milliseconds of Redis' clock); the lead that was given last. */
  readonly lead: string;
  /** HASH subject → state as JSON; until dropped. */
  readonly reported: string;
  /** HASH destination → `<microseconds of Redis' clock when it was moved> <cursor>`; DESTINATIONS_MAX of them. */
  readonly cursors: string;
  /** HASH node id → node as JSON; until the node is found expired. */
  readonly nodes: string;
  /** ZSET of node ids, scored by the end of their announcement in milliseconds of Redis' clock; as `nodes`. */
  readonly nodeEnds: string;
  /** HASH preview id → request as JSON; until found expired. */
  readonly previews: string;
  /** ZSET of preview ids, scored by their end in milliseconds of Redis' clock; as `previews`. */
  readonly previewEnds: string;
  /** HASH preview id → `<token> <worker id>` of who has it, or `done`; as `previews`. */
  readonly previewTakers: string;
  /** HASH preview id → what was found as JSON; as `previews`. */
  readonly previewsFound: string;
  /** HASH preview id → `admin <token id>` or `other <token id>`, who asked; as `previews`. */
  readonly previewAskers: string;
}

/** The keys under a prefix. */
export function keysUnder(prefix: string): Keys {
  const key = (name: string) => `{${prefix}}:${name}`;
  return {
    meta: key('meta'),
    documents: key('documents'),
    claims: key('claims'),
    unique: key('unique'),
    references: key('references'),
    changes: key('changes'),
    links: key('links'),
    observations: key('observations'),
    observed: key('observed'),
    workers: key('workers'),
    leases: key('leases'),
    events: key('events'),
    reportedEvents: key('events-told'),
    auditEvents: key('events-audit'),
    lead: key('lead'),
    reported: key('told'),
    cursors: key('cursors'),
    nodes: key('nodes'),
    nodeEnds: key('node-ends'),
    previews: key('previews'),
    previewEnds: key('preview-ends'),
    previewTakers: key('preview-takers'),
    previewsFound: key('previews-found'),
    previewAskers: key('preview-askers'),
  };
}

/** The type that each key has in Redis. */
export const KEY_TYPES: Readonly<Record<keyof Keys, 'hash' | 'stream' | 'zset'>> = {
  meta: 'hash',
  documents: 'hash',
  claims: 'hash',
  unique: 'hash',
  references: 'zset',
  changes: 'stream',
  links: 'hash',
  observations: 'hash',
  observed: 'stream',
  workers: 'hash',
  leases: 'zset',
  events: 'stream',
  reportedEvents: 'stream',
  auditEvents: 'stream',
  lead: 'hash',
  reported: 'hash',
  cursors: 'hash',
  nodes: 'hash',
  nodeEnds: 'zset',
  previews: 'hash',
  previewEnds: 'zset',
  previewTakers: 'hash',
  previewsFound: 'hash',
  previewAskers: 'hash',
};

/** The streams of events, in the order of TRAILS. */
export function trailKeys({ events, reportedEvents, auditEvents }: Keys): string[] {
  return [events, reportedEvents, auditEvents];
}
