import { poolNameKey } from '../../pool/pool-name.ts';
import type { DocumentStore, Ref, StoredDocument } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { apiErrorAt } from '../http/errors.ts';
import { secretFields } from '../monitors/kind.ts';
import { kindOf } from '../resource/kinds.ts';
import { listOfNames, shortName } from '../resource/name-words.ts';
import type { Changed } from './audit.ts';
import type { Caller } from './call.ts';

/** Maximum number of header fields in a message. */
const FIELDS_LISTED_MAX = 5;

type StoredMonitor = Extract<StoredDocument, { kind: 'monitor' }>;

/**
 * Throws ApiError where a token with a prefix makes a pool use a monitor whose header fields may be credentials, unless a pool of the
 * prefix uses it already. Workers would send the fields to the endpoints, which the owner of the token chooses.
 */
export async function checkMonitorUse(
  { poolPrefix }: Caller,
  changes: readonly Changed[],
  store: Pick<DocumentStore, 'get' | 'read'>,
): Promise<void> {
  if (poolPrefix === undefined) return;
  const { usesOf } = kindOf('pool');
  let known: ReadonlySet<string> | undefined;
  for (const { write, before, at = '' } of changes) {
    if (write.op !== 'put' || write.kind !== 'pool') continue;
    const was = before !== undefined && 'endpoints' in before ? usesOf(before) : [];
    for (const used of usesOf(write.value)) {
      if (was.some(({ kind, id }) => kind === used.kind && id === used.id)) continue;
      for (const monitor of await monitorsOf(used, store)) {
        const secret = secretFields(monitor.value);
        if (secret.length === 0) continue;
        known ??= await monitorsUsedBy(poolPrefix, store);
        if (!known.has(monitor.id))
          throw apiErrorAt(`${at}/${used.kind}`, 'noRight', { what: wordsOf(monitor, secret, poolPrefix) });
      }
    }
  }
}

function wordsOf({ id, value }: StoredMonitor, secret: readonly string[], poolPrefix: string): string {
  const fields = listOfNames(secret, FIELDS_LISTED_MAX);
  return `use monitor "${shortName(value.description || id)}": it sends header fields that may be secret (${fields}), and no pool with the prefix ${poolPrefix} uses it yet`;
}

/** The monitors that a pool uses by naming this monitor or group. */
async function monitorsOf({ kind, id }: Ref, store: Pick<DocumentStore, 'get'>): Promise<StoredMonitor[]> {
  if (kind === 'monitor') {
    const found = await store.get('monitor', id);
    return found === undefined ? [] : [found];
  }
  const members = kind === 'monitor_group' ? ((await store.get(kind, id))?.value.members ?? []) : [];
  const found = await Promise.all(members.map(({ monitorId }) => store.get('monitor', monitorId)));
  return found.filter((each) => each !== undefined);
}

/** The identifiers of the monitors that pools with a prefix use, by themselves or by their group. */
async function monitorsUsedBy(poolPrefix: string, store: Pick<DocumentStore, 'read'>): Promise<Set<string>> {
  const { documents } = await store.read();
  const prefix = poolNameKey(poolPrefix);
  const used = new Set<string>();
  for (const { value } of documentsOf(documents, 'pool')) {
    if (!poolNameKey(value.name).startsWith(prefix)) continue;
    if (value.monitor) used.add(value.monitor);
    if (value.monitorGroup) used.add(value.monitorGroup);
  }
  for (const { id, value } of documentsOf(documents, 'monitor_group'))
    if (used.has(id)) for (const { monitorId } of value.members) used.add(monitorId);
  return used;
}
