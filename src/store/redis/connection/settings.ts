import { StoreRefused } from '../../contract/failure.ts';
import type { StoreSettings } from '../../settings.ts';
import type { Connection } from './connection.ts';
import { LACKS_PERMISSION } from './refusal.ts';

/** Asked for one by one, as an ACL may let some through. */
const SETTINGS = ['maxmemory-policy', 'appendonly', 'save'] as const;
/** The fields of INFO to read instead, where CONFIG is forbidden or renamed. */
const IN_INFO: Readonly<Record<string, readonly [field: string, of: (value: string) => string]>> = {
  'maxmemory-policy': ['maxmemory_policy', (value) => value],
  appendonly: ['aof_enabled', (value) => (value === '1' ? 'yes' : 'no')],
};

/** Reads the settings of Redis. Throws StoreUnavailable where it is away. */
export async function readSettings(connection: Connection): Promise<StoreSettings> {
  const known = new Map<string, string>();
  for (const name of SETTINGS) {
    const answer = await unlessRefused(connection.command('CONFIG', 'GET', name));
    if (Array.isArray(answer) && typeof answer[1] === 'string') known.set(name, answer[1]);
  }
  const isIncomplete = Object.keys(IN_INFO).some((name) => !known.has(name));
  const info = isIncomplete ? String((await unlessRefused(connection.command('INFO'))) ?? '') : '';
  for (const [name, [field, of]] of Object.entries(IN_INFO)) {
    const found = new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1];
    if (!known.has(name) && found !== undefined) known.set(name, of(found));
  }
  const policy = known.get('maxmemory-policy');
  const keeps = keepsBy(known.get('appendonly'), known.get('save'));
  const needless = keeps === 'all' ? ['save'] : [];
  return {
    // No key of Lifeguard expires, so a rule for expiring keys evicts nothing.
    ...(policy?.startsWith('allkeys-') ? { evictsBy: policy } : {}),
    ...(keeps === undefined ? {} : { keeps }),
    unknown: SETTINGS.filter((name) => !known.has(name) && !needless.includes(name)),
  };
}

function keepsBy(appendonly: string | undefined, save: string | undefined): StoreSettings['keeps'] {
  if (appendonly === 'yes') return 'all';
  if (appendonly === undefined || save === undefined) return undefined;
  return save === '' ? 'nothing' : 'snapshots';
}

/** An answer; undefined where Redis does not let this user ask, or knows no such command. Any other refusal says nothing of the settings. */
async function unlessRefused(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (error) {
    const isUnknown = error instanceof Error && /unknown command/i.test(error.message);
    if ((error instanceof StoreRefused && error.why === LACKS_PERMISSION) || isUnknown) return undefined;
    throw error;
  }
}
