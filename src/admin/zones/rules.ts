import { orderKey } from '../../dns/canonical-order.ts';
import { NameError, parseName } from '../../dns/name.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import type { AuthoredZone } from '../../zone/authored-zone.ts';
import { conflictOf, readAuthoredZone } from '../../zone/authoring/read-authored-zone.ts';
import type { Zone } from '../../zone/zone.ts';
import { invalid, type Problem } from '../http/problem.ts';
import type { Draft } from '../resource/draft.ts';
import type { KnownZone } from './known-zone.ts';

/**
 * Finds problems because of which a zone cannot be served: its settings break rules of the configuration file, or it conflicts with
 * another zone. Settings may be of any types. `under` makes the pointer of a problem from the path of a setting.
 */
export async function unservedProblems(
  store: DocumentStore,
  configured: readonly Zone[],
  zone: AuthoredZone,
  under: (path: string) => string,
): Promise<Problem[]> {
  const key = apexKeyOf(zone);
  if (configured.some((other) => apexKeyOf(other) === key))
    return [{ pointer: '/name', rule: 'is a zone of the configuration file', error: 'zoneExists' }];
  const reading = readAuthoredZone(zone);
  if (!reading.ok)
    return reading.problems.map(({ path, message }) => ({ pointer: under(path), rule: message }));
  const { documents } = await store.read();
  const others = documentsOf(documents, 'zone').flatMap(({ id, value }) => (id === zone.id ? [] : [value]));
  // Zones that are neither above nor below cannot conflict with it; there may be thousands of these.
  const isNear = (other: Zone | AuthoredZone) => areNested(apexKeyOf(other), key);
  const readable = others
    .filter(isNear)
    // The store refuses equal names, as any value that is not unique.
    .filter(({ name }) => name !== zone.name)
    .flatMap((other) => {
      const read = readAuthoredZone(other);
      return read.ok ? [read.zone] : [];
    });
  const conflict = conflictOf(reading.zone, [...configured.filter(isNear), ...readable]);
  if (conflict === undefined) return [];
  return [{ pointer: under('pools'), rule: '', sentence: `Zone "${zone.name}" ${conflict}.` }];
}

/** Says that a zone comes from the configuration file, and from which line of it. */
export function fromConfiguration({ name, place }: KnownZone): string {
  return `Zone "${name}" comes from the configuration file${place === undefined ? '' : ` (${place})`}.`;
}

/** Throws ApiError for a zone that only the configuration file may change. */
export function refuseConfigured(zone: KnownZone): void {
  if (!zone.isConfigured) return;
  const sentence = `${fromConfiguration(zone)} Change it there.`;
  throw invalid([{ pointer: '', rule: '', sentence }]);
}

/** Throws the problems of the schema and of the rules, if any; each place has one problem at most. */
export function refuseProblems(bySchema: readonly Problem[], byRule: readonly Problem[]): void {
  const reported = new Set(bySchema.map(({ pointer }) => pointer));
  const all = [...bySchema, ...byRule.filter(({ pointer }) => !reported.has(pointer))];
  if (all.length > 0) throw invalid(all);
}

/** Makes the draft that writes a zone. */
export function zoneDraft(zone: AuthoredZone): Draft<'zone'> {
  return {
    value: zone,
    unique: [{ key: zone.name, pointer: '/name', rule: 'is that of another zone' }],
    references: [],
  };
}

/** Caches apexKeyOf(): zones are the same objects from one request to the next. */
const apexKeys = new WeakMap<Zone | AuthoredZone, string>();

/** Returns the orderKey() of a zone's name; undefined: its name is not a domain name. */
function apexKeyOf(zone: Zone | AuthoredZone): string | undefined {
  const known = apexKeys.get(zone);
  if (known !== undefined) return known;
  try {
    const key = orderKey('apex' in zone ? zone.apex : parseName(`${zone.name}.`));
    apexKeys.set(zone, key);
    return key;
  } catch (error) {
    if (error instanceof NameError) return undefined;
    throw error;
  }
}

function areNested(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && (a.startsWith(b) || b.startsWith(a));
}
