import { createPieces } from '../../pace/next-turn.ts';
import { escapeJson } from '../../pool/plain-text.ts';
import type { Configuration, StoredDocument } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import type { Caller } from '../access/call.ts';
import { visibleTo } from '../access/rights.ts';
import { listParts } from '../http/text-list.ts';
import { loadBalancerBodyOf } from '../load-balancers/body.ts';
import { withRenamedPools } from '../load-balancers/renamed-pools.ts';
import { monitorBodyOf } from '../monitors/body.ts';
import { poolBodyOf } from '../pools/body.ts';
import { compare } from '../resource/compare.ts';
import { isObjectId } from '../schema/object-id.ts';
import { zoneParts } from './export-zones.ts';

type Stored<K extends 'monitor' | 'monitor_group'> = Extract<StoredDocument, { kind: K }>;

/**
 * Makes the document for which planOf finds nothing to change, here or where it was applied, as parts of its JSON. Monitors and
 * groups are in order of description, with an identifier where a description is empty or not unique. Pools and
 * load balancers are in order of name; these name pools by name.
 */
export async function exportParts(
  read: Configuration,
  caller: Caller,
  hasRecords: boolean,
): Promise<string[]> {
  const { documents } = read;
  const monitors = documentsOf(documents, 'monitor');
  const groups = documentsOf(documents, 'monitor_group');
  const pools = documentsOf(documents, 'pool').map(({ value }) => value);
  const monitorNames = ownNames(monitors);
  const groupNames = ownNames(groups);
  const calledIn = (names: ReadonlyMap<string, string>, id: string) => names.get(id) ?? id;
  const withId = (names: ReadonlyMap<string, string>, id: string) => (names.has(id) ? {} : { id });
  const shownMonitors = await textsOf(monitors.toSorted(byDescription), ({ id, value }) => ({
    ...withId(monitorNames, id),
    ...monitorBodyOf(visibleTo(caller, 'monitor', value)),
  }));
  const shownGroups = await textsOf(groups.toSorted(byDescription), ({ id, value }) => ({
    ...withId(groupNames, id),
    description: value.description,
    members: value.members.map((member) => ({
      monitor_id: calledIn(monitorNames, member.monitorId),
      enabled: member.enabled,
      monitoring_only: member.monitoringOnly,
      must_be_healthy: member.mustBeHealthy,
    })),
  }));
  const shownPools = await textsOf(
    pools.sort((a, b) => compare(a.name, b.name)),
    (pool) => {
      const { monitor, monitorGroup } = pool;
      return {
        ...poolBodyOf(pool),
        ...(monitor ? { monitor: calledIn(monitorNames, monitor) } : {}),
        ...(monitorGroup ? { monitor_group: calledIn(groupNames, monitorGroup) } : {}),
      };
    },
  );
  const poolNames = new Map(pools.map(({ id, name }) => [id, isObjectId(name) ? id : name]));
  const shownLoadBalancers = await textsOf(
    documentsOf(documents, 'load_balancer')
      .map(({ value }) => value)
      .sort((a, b) => compare(a.name, b.name)),
    (each) => withRenamedPools(loadBalancerBodyOf(each), (id) => calledIn(poolNames, id)),
  );
  return [
    '{"monitors":',
    ...listParts(shownMonitors),
    ',"monitor_groups":',
    ...listParts(shownGroups),
    ',"zones":',
    ...(await zoneParts(read, hasRecords)),
    ',"pools":',
    ...listParts(shownPools),
    ',"load_balancers":',
    ...listParts(shownLoadBalancers),
    '}',
  ];
}

/** Formats each as JSON, a few at a time. */
async function textsOf<T>(items: readonly T[], shown: (item: T) => object): Promise<string[]> {
  const isLong = createPieces();
  const texts: string[] = [];
  for (const item of items) {
    texts.push(escapeJson(JSON.stringify(shown(item))));
    const rest = isLong();
    if (rest) await rest;
  }
  return texts;
}

/** Returns the descriptions that are unique, by the identifier of their object. */
function ownNames(stored: readonly { id: string; value: { description: string } }[]): Map<string, string> {
  const described = Map.groupBy(stored, ({ value }) => value.description);
  const ids = new Set(stored.map(({ id }) => id));
  const own = new Map<string, string>();
  for (const [description, [first, another]] of described)
    if (description !== '' && first && !another && !ids.has(description)) own.set(first.id, description);
  return own;
}

function byDescription(a: Described, b: Described): number {
  return compare(a.value.description, b.value.description) || compare(a.id, b.id);
}
type Described = Stored<'monitor'> | Stored<'monitor_group'>;
