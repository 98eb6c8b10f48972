import { LEAD_MS } from '../../contract/lead.ts';
import { ANNOUNCEMENT_MS } from '../../contract/nodes.ts';
import { PREVIEW_MS } from '../../contract/previews.ts';
import { LEASE_MS } from '../../contract/workers.ts';
import type { DamagedRecord } from '../../integrity/damage.ts';
import { parseTally } from '../../integrity/tally.ts';
import { parseObservation } from '../../record/observation-text.ts';
import { parseRecord, type SetAside } from '../../record/record.ts';
import { PREVIEW_FOUND_SHAPE } from '../../record/report-shapes.ts';
import { parseReported } from '../../record/reported-text.ts';
import { changeOf, documentOf, epochOf, type StreamEntry } from '../change.ts';
import type { Connection } from '../connection/connection.ts';
import { streamEntries, texts } from '../connection/reply.ts';
import { scanHash } from '../connection/scan.ts';
import type { Scripts } from '../connection/scripts.ts';
import { eventAt } from '../events.ts';
import { KEY_TYPES, type Keys, trailKeys } from '../keys.ts';
import { cursorAt } from '../leading.ts';
import { workerAt } from '../membership.ts';
import { nodeAt } from '../nodes.ts';
import { observationAt } from '../observations.ts';
import { previewAt } from '../previews.ts';

/** Entries of a stream asked for in one step. */
const ENTRIES = 1_000;
/** Records of what documents claim that are looked at in one step, which holds up Redis. */
const CLAIMS = 500;

type Found = (record: DamagedRecord) => void;

/** Finds the keys that are not of the type that they must be; resolves with those that are there and are. Throws StoreUnavailable. */
export async function typeFlaws(connection: Connection, keys: Keys, found: Found): Promise<Set<string>> {
  const sound = new Set<string>();
  for (const [name, key] of Object.entries(keys) as [keyof Keys, string][]) {
    const type = KEY_TYPES[name];
    const is = await connection.command('TYPE', key);
    if (is === type) sound.add(key);
    else if (is !== 'none')
      found({ place: key, key: '', field: '', rule: `must be a ${type}, and is a ${String(is)}` });
  }
  return sound;
}

/** Examines every record there is; resolves with how many there are. Throws StoreUnavailable. */
export async function examineRedis(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  found: Found,
): Promise<number> {
  const sound = await typeFlaws(connection, keys, found);
  let count = 0;

  async function hash(
    place: string,
    look: (field: string, value: string, setAside: SetAside) => void,
  ): Promise<void> {
    if (!sound.has(place)) return;
    for await (const [field, value] of scanHash(connection, place)) {
      count += 1;
      look(field, value, (flaw) => found({ place, key: field, ...flaw }));
    }
  }
  async function stream(
    place: string,
    look: (entry: StreamEntry, setAside: SetAside) => void,
  ): Promise<void> {
    if (!sound.has(place)) return;
    for (let from = '-'; ; ) {
      const answer = await connection.command('XRANGE', place, from, '+', 'COUNT', ENTRIES);
      const entries = connection.read(answer, streamEntries);
      for (const entry of entries) {
        count += 1;
        look(entry, (flaw) => found({ place, key: entry[0], ...flaw }));
      }
      if (entries.length < ENTRIES) return;
      from = `(${entries.at(-1)![0]}`;
    }
  }
  async function claims(place: string): Promise<void> {
    if (!sound.has(place)) return;
    let cursor: string | undefined = '0';
    do {
      const answer: unknown = await connection.script(scripts.claims, [place], [cursor, CLAIMS]);
      const [next, looked, ...damaged]: string[] = connection.read(answer, texts);
      count += Number(looked);
      for (const key of damaged) found({ place, key, field: '', rule: 'must say what the document claims' });
      cursor = next;
    } while (cursor !== undefined && cursor !== '0');
  }
  async function ends(place: string, lastsMs: number): Promise<void> {
    if (!sound.has(place)) return;
    const epochMs = await redisNowMs(connection);
    const answer = await connection.command('ZRANGEBYSCORE', place, `(${epochMs + lastsMs}`, '+inf');
    count += Number(await connection.command('ZCARD', place));
    for (const id of connection.read(answer, texts))
      found({ place, key: id, field: '', rule: `must end within ${lastsMs} ms` });
  }

  await hash(keys.meta, metaAt);
  await hash(keys.documents, documentOf);
  await claims(keys.claims);
  await stream(keys.changes, (entry, setAside) => void changeOf(entry, setAside));
  await hash(keys.observations, observationAt);
  await stream(keys.observed, (entry, setAside) => {
    if (epochOf(entry) !== undefined) parseObservation(entry[1][3], setAside);
  });
  await hash(keys.workers, workerAt);
  await ends(keys.leases, LEASE_MS);
  for (const trail of trailKeys(keys)) await stream(trail, eventAt);
  await hash(keys.lead, leadAt);
  await hash(keys.reported, parseReported);
  await hash(keys.cursors, (_, held, setAside) => void cursorAt(held, setAside));
  await hash(keys.nodes, nodeAt);
  await ends(keys.nodeEnds, ANNOUNCEMENT_MS);
  await hash(keys.previews, previewAt);
  await ends(keys.previewEnds, PREVIEW_MS);
  await hash(keys.previewTakers, takerAt);
  await hash(
    keys.previewsFound,
    (_, held, setAside) => void parseRecord(held, PREVIEW_FOUND_SHAPE, setAside),
  );
  await hash(keys.previewAskers, askerAt);
  return count;

  function leadAt(field: string, value: string, setAside: SetAside): void {
    if (field === 'token') wholeAt(value, setAside);
    if (field === 'ends' && !/^\d{1,15}$/.test(value))
      setAside({ field: '', rule: `must be a time within ${LEAD_MS} ms` });
  }
}

/** Redis' own clock, milliseconds since the epoch. Throws StoreUnavailable. */
async function redisNowMs(connection: Connection): Promise<number> {
  const [seconds = '0', micros = '0'] = connection.read(await connection.command('TIME'), texts);
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}

function metaAt(field: string, value: string, setAside: SetAside): void {
  if (field === 'revision' || field === 'observed' || field === 'token') wholeAt(value, setAside);
  if (field === 'tally' && parseTally(value, Number.parseInt(value, 10)) === undefined)
    setAside({ field: '', rule: 'must be a tally of the store' });
  if (field === 'epoch' && value === '') setAside({ field: '', rule: 'must not be empty' });
}

function wholeAt(value: string, setAside: SetAside): void {
  if (!/^(?!9{15})\d{1,15}$/.test(value)) setAside({ field: '', rule: 'must be a whole number from 0' });
}

function askerAt(_: string, value: string, setAside: SetAside): void {
  if (!/^(admin|other) /.test(value)) setAside({ field: '', rule: 'must be admin or other, and a token' });
}

function takerAt(_: string, value: string, setAside: SetAside): void {
  if (value !== 'done' && !/^\d{1,15} /.test(value))
    setAside({ field: '', rule: 'must be a token and a worker, or done' });
}
