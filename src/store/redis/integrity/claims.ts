import type { ClaimRecord, KeptClaims } from '../../integrity/claims.ts';
import { refOf } from '../change.ts';
import type { Connection } from '../connection/connection.ts';
import { scanStep, texts } from '../connection/reply.ts';
import { scanHash } from '../connection/scan.ts';
import type { Scripts } from '../connection/scripts.ts';
import type { Keys } from '../keys.ts';

/** Records looked at in one step, so that Redis is never held up for long. */
const STEP_CLAIMS = 500;

/** What Redis keeps of the claims of its documents. Records that cannot be read are left out. */
export function claimsInRedis(connection: Connection, scripts: Scripts, keys: Keys): KeptClaims {
  return {
    places: { unique: keys.unique, reference: keys.references, document: keys.claims },
    async *records(): AsyncGenerator<ClaimRecord> {
      for await (const [name, id] of scanHash(connection, keys.unique))
        yield { place: keys.unique, key: name, of: 'unique', name, owner: `${refOf(name).kind}/${id}` };
      for await (const [member, [to, from]] of referencesIn(connection, keys.references))
        yield { place: keys.references, key: member, of: 'reference', from, to };
      for await (const { document, revision, unique, references } of claimsIn(
        connection,
        scripts,
        keys.claims,
      )) {
        const names = unique.map((each) => `${refOf(document).kind}/${each}`);
        const of = 'document';
        yield { place: keys.claims, key: document, of, document, revision, unique: names, references };
      }
    },
  };
}

/** Every reference, and the documents at both of its ends: the one referred to comes first. It may come twice. */
export async function* referencesIn(
  connection: Connection,
  place: string,
): AsyncGenerator<[member: string, ends: [to: string, from: string]]> {
  let cursor = '0';
  do {
    const step = await connection.command('ZSCAN', place, cursor, 'COUNT', STEP_CLAIMS);
    const [next, flat] = connection.read(step, scanStep);
    for (let at = 0; at < flat.length; at += 2) yield [flat[at]!, endsOf(flat[at]!)];
    cursor = next;
  } while (cursor !== '0');
}

/** The documents at both ends of a reference, `<octets of target>:<target><source>`. */
function endsOf(member: string): [to: string, from: string] {
  const [, octets, rest = ''] = /^(\d{1,6}):(.*)$/s.exec(member) ?? [];
  const both = Buffer.from(rest);
  return [both.subarray(0, Number(octets)).toString(), both.subarray(Number(octets)).toString()];
}

/** What a document claims, as Redis keeps it. */
export interface KeptClaim {
  readonly document: string;
  readonly revision: number;
  /** Unique values, without the kind. */
  readonly unique: readonly string[];
  readonly references: readonly string[];
}

/** Every record of what a document claims that can be read. It may come twice. */
export async function* claimsIn(
  connection: Connection,
  scripts: Scripts,
  place: string,
): AsyncGenerator<KeptClaim> {
  let cursor = '0';
  do {
    const answer = await connection.script(scripts.claimed, [place], [cursor, STEP_CLAIMS]);
    const [next = '0', ...flat] = connection.read(answer, texts);
    let at = 0;
    const take = () => flat[at++]!;
    const takeList = () => Array.from({ length: Number(take()) }, take);
    while (at < flat.length)
      yield { document: take(), revision: Number(take()), unique: takeList(), references: takeList() };
    cursor = next;
  } while (cursor !== '0');
}
