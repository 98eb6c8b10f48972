import { nameKey, parseName } from '../../dns/name.ts';
import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import { needsPlaces, type Plan, planOf } from '../../load-balancer/steering/plan.ts';
import type { Change, StoredDocument } from '../../store/contract/documents.ts';
import { type SteeredRRset, steeredSets, withSteered } from '../../zone/steered.ts';
import type { Zone } from '../../zone/zone.ts';

/** The load balancers of the store, as they answer. */
export interface ServedLoadBalancers {
  /** Takes all documents in; returns whether load balancers are others now. */
  load(documents: readonly StoredDocument[]): boolean;
  /** Takes one revision in; returns whether load balancers are others now. */
  apply(change: Change): boolean;
  /** Adds the enabled ones to their zones. The same object for a zone as long as nothing in it is another. */
  addTo(zones: readonly Zone[]): readonly Zone[];
  readonly all: Iterable<LoadBalancer>;
  /** Whether one of them steers by the place of an address. */
  readonly needPlaces: boolean;
}

/** The sets of one load balancer, and the key of its zone's apex. */
interface Served {
  readonly plan: Plan;
  readonly zoneKey: string;
  /** The revision that wrote it. */
  readonly revision: number;
  readonly sets: readonly SteeredRRset[];
}

/** The load balancers of one zone: their sets, and the revision that wrote one of them last; 0: there are none. */
interface InZone {
  readonly revision: number;
  readonly sets: readonly SteeredRRset[];
}

/** None as yet. */
export function createServedLoadBalancers(): ServedLoadBalancers {
  const served = new Map<string, Served>();
  /** Those of each zone, in an order that a change of one keeps, so that the rest of the zone is seen to be as it was. */
  const inZone = new Map<string, Map<string, Served>>();
  /** All of a zone, made when asked for. */
  const ofZone = new Map<string, InZone>();
  const made = new WeakMap<Zone, { readonly from: InZone; readonly zone: Zone }>();

  function put(id: string, revision: number, loadBalancer: LoadBalancer): void {
    const zoneKey = nameKey(parseName(loadBalancer.zoneName));
    if (served.get(id)?.zoneKey !== zoneKey) remove(id);
    const plan = planOf(loadBalancer);
    const now = { plan, zoneKey, revision, sets: loadBalancer.enabled ? steeredSets(plan) : [] };
    served.set(id, now);
    inZone.getOrInsertComputed(zoneKey, () => new Map()).set(id, now);
    ofZone.delete(zoneKey);
  }

  function remove(id: string): void {
    const was = served.get(id);
    if (was === undefined) return;
    served.delete(id);
    inZone.get(was.zoneKey)!.delete(id);
    ofZone.delete(was.zoneKey);
  }

  function allIn(zone: Zone): InZone {
    const key = nameKey(zone.apex);
    return ofZone.getOrInsertComputed(key, () => {
      const all = [...(inZone.get(key)?.values() ?? [])];
      const revision = all.reduce((newest, each) => Math.max(newest, each.revision), 0);
      return { revision, sets: all.flatMap(({ sets }) => sets) };
    });
  }

  return {
    load(documents) {
      const found = documents.filter((document) => document.kind === 'load_balancer');
      const kept = new Set(found.map(({ id }) => id));
      const gone = [...served.keys()].filter((id) => !kept.has(id));
      for (const id of gone) remove(id);
      const come = found.filter(({ id, value }) => served.get(id)?.plan.loadBalancer !== value);
      for (const { id, revision, value } of come) put(id, revision, value);
      return gone.length + come.length > 0;
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
      return zones.map((zone) => {
        const from = allIn(zone);
        const known = made.get(zone);
        if (known?.from === from) return known.zone;
        const revision = Math.max(zone.revision ?? 0, from.revision);
        const steered = from.revision === 0 ? zone : { ...withSteered(zone, from.sets), revision };
        made.set(zone, { from, zone: steered });
        return steered;
      });
    },
    get needPlaces() {
      return served.values().some(({ plan, sets }) => sets.length > 0 && needsPlaces(plan));
    },
    get all() {
      return served.values().map(({ plan }) => plan.loadBalancer);
    },
  };
}
