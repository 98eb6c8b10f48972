import type { Connection } from './connection.ts';
import { scanStep } from './reply.ts';

/** Fields asked for in one step of a scan, so that Redis is never held up for long: as many as took SCAN_CHARACTERS in the step before. */
const SCAN_FIELDS_MIN = 10;
const SCAN_FIELDS_MAX = 1_000;
const SCAN_CHARACTERS = 1_000_000;
/** Every field of a hash and its value; one that changes meanwhile may come twice or not at all. */
export async function* scanHash(connection: Connection, key: string): AsyncGenerator<[string, string]> {
  let cursor = '0';
  let count = SCAN_FIELDS_MIN;
  do {
    const step = await connection.command('HSCAN', key, cursor, 'COUNT', count);
    const [next, flat] = connection.read(step, scanStep);
    for (let at = 0; at < flat.length; at += 2) yield [flat[at]!, flat[at + 1]!];
    const characters = flat.reduce((sum, each) => sum + each.length, 1);
    count = Math.floor(Math.min(10 * count, (count * SCAN_CHARACTERS) / characters));
    count = Math.max(SCAN_FIELDS_MIN, Math.min(count, SCAN_FIELDS_MAX));
    cursor = next;
  } while (cursor !== '0');
}
