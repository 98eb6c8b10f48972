import { isDeepStrictEqual } from 'node:util';
import { orderKey } from '../../dns/canonical-order.ts';
import { parseName } from '../../dns/name.ts';
import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import { poolsNamed } from '../../load-balancer/pools-named.ts';
import { needsPlaces, type Plan, planOf } from '../../load-balancer/steering/plan.ts';
import type { Change, StoredDocument } from '../../store/contract/documents.ts';
import { OrderedMap, type OrderedMapEdit } from '../../zone/contents/ordered-map.ts';
import type { Zones } from '../../zone/contents/zones.ts';
import { steeredSets } from '../../zone/steered.ts';
import type { SteeredRRset } from '../../zone/steered-rrset.ts';
import type { Zone } from '../../zone/zone.ts';

/** The load balancers of the store, as they answer. */
export interface ServedLoadBalancers {
  /** Takes all documents in; returns whether load balancers are others now. */
  load(documents: readonly StoredDocument[]): boolean;
  /** Takes one revision in; returns whether load balancers are others now. */
  apply(change: Change): boolean;
  /** Adds the enabled ones to their zones. The same object for a zone as long as nothing in it is another. Costs what changed since the last call. */
  addTo(zones: Zones): Zones;
  readonly all: Iterable<LoadBalancer>;
  /** Rises whenever one comes, changes or goes. */
  readonly changeCount: number;
  /** Whether one of them steers by the place of an address. */
  readonly needPlaces: boolean;
  /** Whether a pool is the fallback pool of one that answers with the last healthy members of it. */
  wantLastHealthy(pool: string): boolean;
}

/** The sets of one load balancer, and the key of its zone's apex. */
interface Served {
  readonly loadBalancer: LoadBalancer;
  /** undefined: it cannot be planned, and does not answer. */
  readonly plan: Plan | undefined;
  readonly zoneKey: string;
  /** The keys of the zones that it left. */
  readonly leftKeys: readonly string[];
  /** The revision that wrote it. */
  readonly revision: number;
  readonly sets: readonly SteeredRRset[];
  readonly needsPlaces: boolean;
  /** Its fallback pools, where it answers with their last healthy members. */
  readonly lastHealthyOf: readonly string[];
}

/** What load balancers add to a zone. */
interface InZone {
  /** Their sets, as they are in the zone, and as they become. */
  added: OrderedMap<readonly SteeredRRset[]>;
  edit: OrderedMapEdit<readonly SteeredRRset[]> | undefined;
  /** The newest revision that wrote one of them, or one that left. That of one which was deleted stays: the deletion counts for the serial of every zone. */
  revision: number;
}

/** Callbacks of createServedLoadBalancers. */
export interface ServedLoadBalancersOptions {
  /** Called with one that cannot be read, which a store of another program, or a fault of ours, may have: it does not answer, and all others do. */
  readonly failed?: (id: string, error: unknown) => void;
  /** Called with a pool whose last healthy members are wanted from now on. */
  readonly wanted?: (pool: string) => void;
}

/** Stands for the zone of a load balancer whose zone has no name. It answers nothing, so that it may be the key of the root too. */
const NO_ZONE = '';

/** None as yet. */
export function createServedLoadBalancers({
  failed = () => {},
  wanted = () => {},
}: ServedLoadBalancersOptions = {}): ServedLoadBalancers {
  const served = new Map<string, Served>();
  /** By the key of the zone. */
  const inZone = new Map<string, InZone>();
  /** The zones as they were given last, and with load balancers; keys of zones of which one changed since. */
  let given: Zones = OrderedMap.of();
  let steered: Zones = OrderedMap.of();
  const touched = new Set<string>();
  let changeCount = 0;
  /** How many need places. */
  let needing = 0;
  /** By pool, how many want its last healthy members. */
  const wanting = new Map<string, number>();

  function want(pools: readonly string[], change: 1 | -1): void {
    for (const pool of pools) {
      const count = (wanting.get(pool) ?? 0) + change;
      if (count === 0) wanting.delete(pool);
      else wanting.set(pool, count);
      if (count === 1 && change === 1) wanted(pool);
    }
  }

  function put(id: string, revision: number, loadBalancer: LoadBalancer): void {
    const known = served.get(id);
    // What a reading finds as it was keeps its plan, and with it what the zone has of it.
    const isSame = known !== undefined && isDeepStrictEqual(known.loadBalancer, loadBalancer);
    const now = isSame ? { ...known, revision } : readServed(id, revision, loadBalancer, failed);
    if (known?.zoneKey !== now.zoneKey) remove(id);
    else {
      needing -= Number(known.needsPlaces);
      want(known.lastHealthyOf, -1);
    }
    needing += Number(now.needsPlaces);
    want(now.lastHealthyOf, 1);
    served.set(id, now);
    changeCount += 1;
    note(now);
    if (known?.sets === now.sets) return;
    if (known?.zoneKey === now.zoneKey) setSets(known, []);
    setSets(now, now.sets);
  }

  /** Notes the revision of a load balancer in its zone, and in those that it left. */
  function note({ zoneKey, leftKeys, revision }: Served): void {
    for (const key of [zoneKey, ...leftKeys]) {
      const zone = inZone.getOrInsertComputed(key, newInZone);
      zone.revision = Math.max(zone.revision, revision);
      touched.add(key);
    }
  }

  /** Puts the sets of a load balancer into its zone, in the place of those that it has there. */
  function setSets(
    { zoneKey, loadBalancer: { id }, sets: [any] }: Served,
    sets: readonly SteeredRRset[],
  ): void {
    if (any === undefined) return;
    const zone = inZone.get(zoneKey)!;
    zone.edit ??= zone.added.edit();
    // A store of another program may have two of one name.
    const others = (zone.edit.get(any.ownerKey) ?? []).filter((set) => set.steering.loadBalancer.id !== id);
    const now = [...others, ...sets];
    if (now.length === 0) zone.edit.delete(any.ownerKey);
    else zone.edit.set(any.ownerKey, now);
  }

  function remove(id: string): void {
    const was = served.get(id);
    if (was === undefined) return;
    served.delete(id);
    changeCount += 1;
    needing -= Number(was.needsPlaces);
    want(was.lastHealthyOf, -1);
    setSets(was, []);
    touched.add(was.zoneKey);
  }

  function withLoadBalancers(key: string, zone: Zone): Zone {
    const own = inZone.get(key);
    if (own === undefined) return zone;
    own.added = own.edit?.done() ?? own.added;
    own.edit = undefined;
    const revision = Math.max(zone.revision ?? 0, own.revision);
    return own.added.size === 0 ? { ...zone, revision } : { ...zone, steered: own.added, revision };
  }

  return {
    load(documents) {
      const found = documents.filter((document) => document.kind === 'load_balancer');
      const kept = new Set(found.map(({ id }) => id));
      const gone = [...served.keys()].filter((id) => !kept.has(id));
      for (const id of gone) remove(id);
      const come = found.filter(({ id, value }) => served.get(id)?.loadBalancer !== value);
      for (const { id, revision, value } of come) put(id, revision, value);
      const hasChanged = gone.length + come.length > 0;
      if (hasChanged) {
        // Of another store the revisions may be lower ones.
        for (const zone of inZone.values()) zone.revision = 0;
        for (const each of served.values()) note(each);
      }
      return hasChanged;
    },
    apply({ revision, entries }) {
      let isTouched = false;
      for (const entry of entries) {
        const { kind, id } = entry.op === 'put' ? entry.document : entry;
        if (kind !== 'load_balancer') continue;
        isTouched = true;
        if (entry.op === 'put' && entry.document.kind === 'load_balancer')
          put(id, revision, entry.document.value);
        else remove(id);
      }
      return isTouched;
    },
    addTo(zones) {
      for (const { key } of OrderedMap.differences(given, zones)) touched.add(key);
      for (const key of touched) {
        const zone = zones.get(key);
        steered = zone === undefined ? steered.without(key) : steered.with(key, withLoadBalancers(key, zone));
      }
      given = zones;
      touched.clear();
      return steered;
    },
    get needPlaces() {
      return needing > 0;
    },
    wantLastHealthy: (pool) => wanting.has(pool),
    get changeCount() {
      return changeCount;
    },
    get all() {
      return served
        .values()
        .filter(({ plan }) => plan !== undefined)
        .map(({ loadBalancer }) => loadBalancer);
    },
  };
}

function newInZone(): InZone {
  return { added: OrderedMap.of(), edit: undefined, revision: 0 };
}

/** Makes what one answers. Never throws: one that cannot be read must not keep the others from being served. */
function readServed(
  id: string,
  revision: number,
  loadBalancer: LoadBalancer,
  failed: (id: string, error: unknown) => void,
): Served {
  let zoneKey = NO_ZONE;
  let leftKeys: readonly string[] = [];
  try {
    zoneKey = orderKey(parseName(loadBalancer.zoneName));
    leftKeys = (loadBalancer.leftZones ?? []).map((name) => orderKey(parseName(name)));
    const plan = planOf(loadBalancer);
    const sets = loadBalancer.enabled ? steeredSets(plan) : [];
    return {
      loadBalancer,
      plan,
      zoneKey,
      leftKeys,
      revision,
      sets,
      needsPlaces: loadBalancer.enabled && needsPlaces(plan),
      lastHealthyOf: lastHealthyOf(loadBalancer),
    };
  } catch (error) {
    failed(id, error);
    // It counts for the serial of its zone all the same.
    return {
      loadBalancer,
      plan: undefined,
      zoneKey,
      leftKeys,
      revision,
      sets: [],
      needsPlaces: false,
      lastHealthyOf: [],
    };
  }
}

/** The fallback pools, each once, of a load balancer that answers with the last healthy members of them. */
function lastHealthyOf(loadBalancer: LoadBalancer): readonly string[] {
  if (loadBalancer.allDown !== 'last_healthy') return [];
  const named = poolsNamed(loadBalancer).filter(({ path }) => path.at(-1) === 'fallbackPool');
  return [...new Set(named.map(({ pool }) => pool))];
}
