import { isDeepStrictEqual } from 'node:util';
import type { Configuration, StoredDocument } from '../../src/store/contract/documents.ts';
import { StoreUnavailable } from '../../src/store/contract/failure.ts';
import { type DamagedRecord, nameOfRecord } from '../../src/store/integrity/damage.ts';
import { keepDocuments } from '../../src/store/kept-documents.ts';
import { allDocuments, holdingOf } from '../../src/store/reading/all-documents.ts';
import type { Store } from '../../src/store/store.ts';
import { audit, event, monitor, node, observation, pool, worker } from '../store/contract/samples.ts';

/** What was done to a store before it is judged. */
export interface Done {
  /** Documents (`<kind>/<id>`) of which nothing was touched. */
  readonly untouched: ReadonlySet<string>;
  /** Names of records (nameOfRecord) that must be told. */
  readonly bad: ReadonlySet<string>;
  /** What says where the store is, or whole keys, were touched: it may be unreadable as a whole. */
  readonly mayBeUnreadable: boolean;
}

/** A store that was not treated as it must be. */
export class StoreFuzzFailure extends Error {
  override readonly name = 'StoreFuzzFailure';
}

const keyOf = ({ kind, id }: StoredDocument) => `${kind}/${id}`;

/**
 * Uses everything of a damaged store. Throws StoreFuzzFailure where it breaks, loses a name or tells too little, and where a
 * commit that failed changed what `configuration` reads: the configuration as the store keeps it, record by record.
 */
export async function judge(
  store: Store,
  sound: readonly StoredDocument[],
  done: Done,
  configuration?: () => Promise<unknown>,
): Promise<void> {
  const read = await used('read', () => store.read());
  await readAll(store);
  const found: DamagedRecord[] = [];
  const examined = await used('examine', () => store.examine!((each) => found.push(each)));
  const told = new Set(found.map(nameOfRecord));
  if (examined === undefined && !done.mayBeUnreadable) fail('the store could not be examined');
  if (examined !== undefined)
    for (const name of done.bad) if (!told.has(name)) fail(`a damaged record is not told: ${name}`);
  if (read === undefined && !done.mayBeUnreadable) fail('the documents could not be read');
  if (read !== undefined) judgeDocuments(read, sound, done, told);
  await commitOne(store, configuration);
  await writeAll(store);
}

function judgeDocuments(
  read: Configuration,
  sound: readonly StoredDocument[],
  { untouched }: Done,
  told: ReadonlySet<string>,
): void {
  const held = keepDocuments();
  held.replace(holdingOf(sound));
  const whole = new Map([...allDocuments(held.mend(read))].map((each) => [keyOf(each), each]));
  const isTold = (key: string) =>
    [...told].some((name) => name.endsWith(` ${key}`) && name.includes('document'));
  for (const document of sound) {
    const key = keyOf(document);
    const present = whole.get(key);
    if (untouched.has(key) && !isDeepStrictEqual(present, document))
      fail(`${key} was untouched and is another now`);
    if (isTold(key) && present === undefined) fail(`${key} is damaged, and lost`);
    if (isTold(key) && document.kind === 'pool' && nameIn(present) !== document.value.name)
      fail(`${key} is damaged, and answers under another name`);
  }
}

function nameIn(document: StoredDocument | undefined): string | undefined {
  return document?.kind === 'pool' ? document.value.name : undefined;
}

async function readAll(store: Store): Promise<void> {
  await used('observations', () => store.observations());
  await used('observed', () => store.observed([observation('a'), observation('none')]));
  await used('workers', () => store.workers());
  await used('nodes', () => store.nodes());
  await used('reported', () => store.reported());
  await used('events', () => store.events(50));
  for (const trail of ['health', 'told', 'audit'] as const)
    await used('eventsAfter', () => store.eventsAfter(undefined, 50, trail));
  await used('cursor', () => store.cursor('mail'));
  await used('preview', () => store.preview('p1'));
  await used('get', () => store.get('pool', 'web'));
  await used('get', () => store.get('token', 't1'));
}

const FRESH = pool('fresh');

/** A commit is made, with all that it changes, or it changes nothing. */
async function commitOne(
  store: Store,
  configuration: () => Promise<unknown> = async () => [],
): Promise<void> {
  const put = {
    op: 'put',
    kind: 'pool',
    id: 'fresh',
    value: FRESH,
    unique: ['fresh'],
    references: [],
  } as const;
  const before = await configuration();
  const committed = await used('commit', () => store.commit([put], [audit('fresh')]));
  if (committed?.ok) return;
  const after = await configuration();
  if (!isDeepStrictEqual(after, before)) fail('a commit failed, and changed what is configured');
}

async function writeAll(store: Store): Promise<void> {
  const lease = await used('join', () => store.join(worker('w2')));
  if (lease !== undefined) {
    const fresh = { observation: observation('d', { worker: 'w2' }), changed: true };
    await used('renew', () => store.renew(lease));
    await used('publish', () => store.publish(lease, { put: [fresh], drop: [], events: [event('d')] }));
    await used('takePreview', () => store.takePreview(lease));
    await used('answerPreview', () => store.answerPreview(lease, 'p1', [], true));
    const workers = await used('workers', () => store.workers());
    if (workers !== undefined && !workers.some(({ id }) => id === 'w2'))
      fail('a worker that joined is not live');
    await used('leave', () => store.leave(lease));
  }
  await used('announce', () => store.announce(node('n2')));
  const lead = await used('lead', () => store.lead('n1'));
  if (lead !== undefined) {
    await used('report', () => store.report(lead, { events: [], put: [], drop: ['x'] }));
    await used('moveCursor', () => store.moveCursor(lead, 'mail', '2-0'));
  }
  const preview = { id: 'p2', monitor: monitor('m1'), pools: [FRESH] };
  await used('requestPreview', () => store.requestPreview(preview));
}

/** What a call gave; undefined: the store is away, or refuses it. Any other error is a fault of ours. */
async function used<T>(name: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined;
    throw new StoreFuzzFailure(`${name} threw ${error instanceof Error ? error.stack : String(error)}`);
  }
}

function fail(why: string): never {
  throw new StoreFuzzFailure(why);
}
