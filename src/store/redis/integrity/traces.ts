import { addTrace, gatherChanges, type Trace, type Traces } from '../../integrity/lost.ts';
import type { Configuration, Ref } from '../../store.ts';
import { knownRefOf, numberOf, stepsOf } from '../change.ts';
import type { Connection } from '../connection/connection.ts';
import { scanStep, streamEntries, texts } from '../connection/reply.ts';
import type { Scripts } from '../connection/scripts.ts';
import type { Keys } from '../keys.ts';
import { scanHash } from '../read.ts';
import { typeFlaws } from './examine.ts';

/** Claims, references and changes looked at in one step, so that Redis is never held up for long. */
const STEP_CLAIMS = 500;
const STEP_CHANGES = 64;

/** See RepairableStore. Keys of another type than theirs say nothing. */
export async function tracesInRedis(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  read: Configuration,
): Promise<Traces> {
  const sound = await typeFlaws(connection, keys, () => {});
  const claimed = new Map<string, Trace>();
  const changes = gatherChanges(read);
  const { revision } = read;
  if (sound.has(keys.claims)) await readClaims();
  if (sound.has(keys.unique))
    for await (const [name, id] of scanHash(connection, keys.unique)) {
      const slash = name.indexOf('/');
      const ref = knownRefOf(`${name.slice(0, slash)}/${id}`);
      if (ref) addTrace(claimed, { ref, names: [name.slice(slash + 1)], revision: undefined });
    }
  if (sound.has(keys.references)) await readReferences();
  if (sound.has(keys.changes)) await readChanges();
  return { claimed, ...changes.done() };

  async function readClaims(): Promise<void> {
    let cursor = '0';
    do {
      const answer = await connection.script(scripts.claimed, [keys.claims], [cursor, STEP_CLAIMS]);
      const [next = '0', ...flat] = connection.read(answer, texts);
      for (let at = 0; at + 2 < flat.length; ) {
        const [key = '', wrote, count] = flat.slice(at, at + 3);
        const names = flat.slice(at + 3, at + 3 + Number(count));
        const ref = knownRefOf(key);
        if (ref && Number(wrote) <= revision) addTrace(claimed, { ref, names, revision: Number(wrote) });
        at += 3 + Number(count);
      }
      cursor = next;
    } while (cursor !== '0');
  }

  async function readReferences(): Promise<void> {
    let cursor = '0';
    do {
      const step = await connection.command('ZSCAN', keys.references, cursor, 'COUNT', STEP_CLAIMS);
      const [next, flat] = connection.read(step, scanStep);
      for (let at = 0; at < flat.length; at += 2)
        for (const ref of endsOf(flat[at]!)) addTrace(claimed, { ref, names: [], revision: undefined });
      cursor = next;
    } while (cursor !== '0');
  }

  async function readChanges(): Promise<void> {
    for (let from = '-'; ; ) {
      const args = [keys.changes, from, `${revision}-0`, 'COUNT', STEP_CHANGES];
      const entries = connection.read(await connection.command('XRANGE', ...args), streamEntries);
      for (const entry of entries)
        changes.add(
          numberOf(entry),
          stepsOf(entry, () => {}),
        );
      if (entries.length < STEP_CHANGES) return;
      from = `(${entries.at(-1)![0]}`;
    }
  }
}

/** The documents at both ends of a reference, `<octets of target>:<target><source>`. */
function endsOf(member: string): Ref[] {
  const [, octets, rest = ''] = /^(\d{1,6}):(.*)$/s.exec(member) ?? [];
  const both = Buffer.from(rest);
  const parts = [both.subarray(0, Number(octets)), both.subarray(Number(octets))];
  return parts.flatMap((part) => knownRefOf(part.toString()) ?? []);
}
