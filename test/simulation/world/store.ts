import type { ReportedState } from '../../../src/event/reported.ts';
import type { Observation } from '../../../src/health/observation.ts';
import {
  BROUGHT_FORWARD_MAX,
  CHANGES_MAX,
  type Change,
  type Committed,
  type Kind,
  type StoredDocument,
  type StorePosition,
  WRITES_MAX,
  type Write,
} from '../../../src/store/contract/documents.ts';
import { StoreSetBack, StoreUnavailable } from '../../../src/store/contract/failure.ts';
import type { Follower, Following, Position } from '../../../src/store/contract/feed.ts';
import { DESTINATIONS_MAX } from '../../../src/store/contract/lead.ts';
import { OBSERVED_MAX, type Publication } from '../../../src/store/contract/observations.ts';
import type { Lease } from '../../../src/store/contract/workers.ts';
import { createLeadHolder } from '../../../src/store/embedded/lead-holder.ts';
import { createLeases, type Leases } from '../../../src/store/embedded/leases.ts';
import { createNodes } from '../../../src/store/embedded/nodes.ts';
import { createPreviews } from '../../../src/store/embedded/previews.ts';
import { type Deletions, deletionsAfter } from '../../../src/store/integrity/deletions.ts';
import { newEpoch, newLink } from '../../../src/store/integrity/epoch.ts';
import { areSame } from '../../../src/store/integrity/tally.ts';
import { formatObserved, parseObserved } from '../../../src/store/observed-position.ts';
import { broughtForward } from '../../../src/store/reading/brought-forward.ts';
import { boundReport } from '../../../src/store/record/reporting.ts';
import type { Store } from '../../../src/store/store.ts';
import { createEventTrails } from '../judge/event-trails.ts';
import { type Claims, nameOf, refusalOf } from './claims.ts';

/** A store in memory, as its one server has it; each client reaches it over a link of its own (see link.ts). */
export interface SimulatedStore extends Store {
  /** Loses everything, as a server does that is started again without its disk: another history begins. */
  empty(): void;
  /** Ends all leases and previews, as a server does that is started again with its disk. */
  forgetLeases(): void;
  /** From now on its replica lacks what is written, and no commit is confirmed. */
  partReplica(): void;
  /** The replica that lacks what was written since takes its place. Returns true where it lacks commits. */
  failOver(): boolean;
  /** Forgets the record of changes, as if CHANGES_MAX more had been written. */
  forgetChanges(): void;
  readonly documents: ReadonlyMap<string, StoredDocument>;
  readonly held: ReadonlyMap<string, Observation>;
  /** Followers that are being reported. */
  readonly followers: number;
  readonly revision: number;
}

/** Told of one follower in one turn, so that a long replay is many turns. */
const TURN_CHANGES = 64;
const TURN_OBSERVATIONS = 512;

const keyOf = ({ check, region, worker }: Pick<Observation, 'check' | 'region' | 'worker'>) =>
  JSON.stringify([check, region, worker]);
const inOrder = (a: StoredDocument, b: StoredDocument) => (nameOf(a) < nameOf(b) ? -1 : 1);
/** A write gives way to the event loop before it is acknowledged. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const copy = <T>(value: T): T => structuredClone(value);

/** An empty store. `now` times leases and previews: milliseconds of a clock that does not jump. */
export function openSimulatedStore(now: () => number): SimulatedStore {
  let tokens = 0;
  let epoch = newEpoch();
  let revision = 0;
  let link: string | undefined;
  let decided = '';
  let claims = new Map<string, Claims>();
  let changes: Change[] = [];
  let deletions: Deletions = { since: 0, pool: 0 };
  /** Of every revision that made one. */
  const links = new Map<number, string>();
  const held = new Map<string, Observation>();
  let observed: Observation[] = [];
  let observedCount = 0;
  const trails = createEventTrails();
  const reported = new Map<string, ReportedState>();
  const cursors = new Map<string, string>();
  let leases: Leases = createLeases(now);
  let leading = createLeadHolder(now, () => ++tokens);
  let previews = createPreviews(now, leases);
  let nodes = createNodes(now);
  /** Since its replica lacks what is written: what that one has, and the commits that nobody confirms. */
  let parted:
    | { readonly restore: () => boolean; readonly unconfirmed: PromiseWithResolvers<never> }
    | undefined;
  const readers = new Set<() => void>();
  const wakeAll = () => {
    for (const wake of readers) wake();
  };

  function follow(from: Position, follower: Follower): Following {
    let atRevision = from.revision;
    let atLink = from.link;
    let { number: atObserved } = parseObserved(from.epoch, from.observation);
    let scheduled: NodeJS.Immediate | undefined;
    let isStopped = false;
    const stop = () => {
      isStopped = true;
      clearImmediate(scheduled);
      readers.delete(wake);
    };
    const wake = () => {
      if (!isStopped) scheduled ??= setImmediate(look);
    };
    const reaches = () =>
      epoch === from.epoch &&
      areSame(links.get(atRevision), atLink) &&
      atRevision <= revision &&
      atRevision >= revision - changes.length &&
      atObserved <= observedCount &&
      atObserved >= observedCount - observed.length;
    function look(): void {
      scheduled = undefined;
      if (!reaches()) {
        stop();
        follower.lost();
        return;
      }
      const nextChanges = changes.slice(changes.length - (revision - atRevision)).slice(0, TURN_CHANGES);
      const news = observed.slice(observed.length - (observedCount - atObserved)).slice(0, TURN_OBSERVATIONS);
      if (nextChanges.length + news.length === 0) return;
      wake();
      for (const change of nextChanges) {
        atRevision = change.revision;
        atLink = change.link;
        follower.changed(copy(change));
        if (isStopped) return;
      }
      if (news.length === 0) return;
      atObserved += news.length;
      follower.observed(copy(news), formatObserved(epoch, atObserved));
    }
    readers.add(wake);
    wake();
    return { stop: async () => stop() };
  }

  function commit(writes: readonly Write[], audit: Parameters<Store['commit']>[1] = []): Committed {
    if (writes.length > WRITES_MAX) throw new RangeError(`${writes.length} writes; ${WRITES_MAX} at most`);
    if (writes.length === 0) return { ok: true, revision };
    const next = new Map(claims);
    for (const [at, write] of writes.entries()) {
      const refusal = refusalOf(next, write, at);
      if (refusal !== undefined) return { ok: false, refusal };
      if (write.op === 'delete') next.delete(nameOf(write));
      else {
        const { kind, id, value, unique, references } = copy(write);
        const document = { kind, id, revision: revision + 1, value } as StoredDocument;
        next.set(nameOf(write), { document, unique, references });
      }
    }
    revision += 1;
    const entries = writes.map((write): Change['entries'][number] => {
      const { kind, id } = write;
      if (write.op === 'delete')
        return { op: 'delete', kind, id, ...(write.zone !== undefined && { zone: write.zone }) };
      return { op: 'put', document: { kind, id, revision, value: copy(write.value) } as StoredDocument };
    });
    entries.push(...writtenAgain(next, writes));
    claims = next;
    const previous = link;
    link = newLink();
    links.set(revision, link);
    const both = { link, ...(previous !== undefined && { previous }) };
    const change: Change = { revision, entries, ...both };
    changes = [...changes, change].slice(-CHANGES_MAX);
    deletions = deletionsAfter(deletions, change);
    trails.keep(copy(audit).map((event) => ({ ...event, revision })));
    wakeAll();
    return { ok: true, revision };
  }

  /** Writes the zones again, as they are, of which something is deleted. Returns their entries. */
  function writtenAgain(next: typeof claims, writes: readonly Write[]): Change['entries'] {
    const zones = new Set(writes.flatMap((write) => (write.op === 'delete' && write.zone) || []));
    return [...zones].sort().flatMap((id) => {
      const name = nameOf({ kind: 'zone', id });
      const claim = next.get(name);
      if (claim === undefined || claim.document.revision === revision) return [];
      const document = { ...claim.document, revision };
      next.set(name, { ...claim, document });
      return [{ op: 'put', document: copy(document) }];
    });
  }

  function publish(lease: Lease, publication: Publication): 'published' | 'fenced' {
    if (!leases.isCurrent(lease)) return 'fenced';
    const { put, drop, events: more } = copy(publication);
    // What was not held was lost, so that followers may not know it.
    const news = put
      .filter(({ changed, observation }) => changed || !held.has(keyOf(observation)))
      .map(({ observation }) => observation);
    for (const { observation } of put) held.set(keyOf(observation), observation);
    for (const key of drop) held.delete(keyOf(key));
    observedCount += news.length;
    for (const each of news) observed.push(each);
    if (observed.length > OBSERVED_MAX) observed = observed.slice(-OBSERVED_MAX);
    trails.keep(more);
    wakeAll();
    return 'published';
  }

  const continues = (from: StorePosition) =>
    from.epoch === epoch && from.revision <= revision && areSame(links.get(from.revision), from.link);

  /** Returns what puts everything back as it is now. That returns true where commits are undone by it. */
  function remember(): () => boolean {
    const was = { tokens, epoch, revision, link, decided, claims, changes, deletions };
    const maps = [links, held, reported, cursors].map((map) => ({ map, entries: [...map] }));
    const restoreTrails = trails.remember();
    return () => {
      const isUndone = revision > was.revision;
      ({ tokens, epoch, revision, link, decided, claims, changes, deletions } = was);
      for (const { map, entries } of maps) {
        map.clear();
        for (const [key, value] of entries) (map as Map<unknown, unknown>).set(key, value);
      }
      restoreTrails();
      // Observations have numbers that no others get, as those of Redis have times.
      observed = [];
      return isUndone;
    };
  }

  return {
    read: async (known) => {
      const behind = known?.epoch === epoch ? revision - known.revision : Number.POSITIVE_INFINITY;
      if (
        known !== undefined &&
        areSame(links.get(known.revision), known.link) &&
        behind >= 0 &&
        behind <= Math.min(BROUGHT_FORWARD_MAX, changes.length)
      )
        return broughtForward(known, copy(changes.slice(changes.length - behind)));
      const documents = [...claims.values()].map(({ document }) => document).sort(inOrder);
      const isDecided = decided === epoch && { isDecided: true };
      return {
        epoch,
        revision,
        documents: copy(documents),
        ...(link !== undefined && { link, deletions }),
        ...isDecided,
      };
    },
    get: async <K extends Kind>(kind: K, id: string) =>
      copy(claims.get(nameOf({ kind, id }))?.document) as Extract<StoredDocument, { kind: K }> | undefined,
    commit: async (writes, audit, _ifAtRevision, knows) => {
      if (writes.length > 0 && knows?.epoch === epoch && !continues(knows)) throw new StoreSetBack();
      const committed = commit(writes, audit);
      await turn();
      return parted === undefined ? committed : parted.unconfirmed.promise;
    },
    continues: async (from) => continues(from),
    adopt: async () => {
      epoch = newEpoch();
      decided = epoch;
      wakeAll();
      return revision;
    },
    follow,
    observations: async () => ({
      position: formatObserved(epoch, observedCount),
      observations: copy([...held.values()]),
    }),
    observed: async (keys) => keys.map((key) => copy(held.get(keyOf(key)))),
    publish: async (lease, publication) => {
      const answer = publish(lease, publication);
      await turn();
      return answer;
    },
    join: async (worker) => leases.grant(copy(worker), ++tokens),
    renew: async (lease) => (leases.extend(lease) ? 'renewed' : 'lost'),
    leave: async (lease) => leases.end(lease),
    workers: async () => copy(leases.live()),
    events: (...args) => trails.events(...args),
    eventsAfter: (...args) => trails.eventsAfter(...args),
    reaches: (...args) => trails.reaches(...args),
    lead: (node) => leading.lead(node),
    renewLead: (lead) => leading.renewLead(lead),
    resign: (lead) => leading.resign(lead),
    reported: async () => copy(reported),
    report: async (lead, report) => {
      boundReport(report);
      if (!leading.isHeld(lead)) return 'fenced';
      const { events, put, drop } = copy(report);
      for (const { subject, state } of put) reported.set(subject, state);
      for (const subject of drop) reported.delete(subject);
      trails.keep(events);
      await turn();
      return 'reported';
    },
    cursor: async (destination) => cursors.get(destination),
    moveCursor: async (lead, destination, cursor) => {
      if (!leading.isHeld(lead)) return 'fenced';
      cursors.delete(destination);
      if (cursors.size >= DESTINATIONS_MAX) cursors.delete(cursors.keys().next().value!);
      cursors.set(destination, cursor);
      await turn();
      return 'moved';
    },
    announce: (node) => nodes.announce(node),
    withdraw: (node) => nodes.withdraw(node),
    nodes: () => nodes.nodes(),
    requestPreview: (request) => previews.requestPreview(request),
    takePreview: (lease) => previews.takePreview(lease),
    answerPreview: (...args) => previews.answerPreview(...args),
    preview: (id) => previews.preview(id),
    close: async () => readers.clear(),
    forgetLeases() {
      leases = createLeases(now);
      previews = createPreviews(now, leases);
      nodes = createNodes(now);
      leading = createLeadHolder(now, () => ++tokens);
    },
    forgetChanges() {
      changes = [];
    },
    partReplica() {
      const unconfirmed = Promise.withResolvers<never>();
      unconfirmed.promise.catch(() => undefined);
      parted ??= { restore: remember(), unconfirmed };
    },
    failOver() {
      this.forgetLeases();
      const before = parted;
      parted = undefined;
      const isUndone = before?.restore() ?? false;
      before?.unconfirmed.reject(new StoreUnavailable('the primary is gone'));
      wakeAll();
      return isUndone;
    },
    empty() {
      // As next-token.lua: no lead after this follows right after one before it.
      tokens += 1;
      this.forgetLeases();
      epoch = newEpoch();
      revision = 0;
      link = undefined;
      deletions = { since: 0, pool: 0 };
      claims = new Map();
      changes = [];
      links.clear();
      held.clear();
      observed = [];
      observedCount = 0;
      trails.empty();
      reported.clear();
      cursors.clear();
      wakeAll();
    },
    get documents() {
      return new Map([...claims].map(([name, { document }]) => [name, document]));
    },
    held,
    get followers() {
      return readers.size;
    },
    get revision() {
      return revision;
    },
  };
}
