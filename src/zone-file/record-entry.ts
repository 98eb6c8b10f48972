import { foldName, formatName, isAtOrBelow, NameError, parseName, type WireName } from '../dns/name.ts';
import { TTL_SECONDS_MAX } from '../dns/rrset.ts';
import { Type } from '../dns/type.ts';
import { SHOWN_MAX, shown, TextError } from '../input/reader.ts';
import { parseRdataTokens } from '../rdata/rdata.ts';
import { RdataError } from '../rdata/rdata-error.ts';
import { recordTypeName, recordTypeNumber, whyNotAuthored } from '../rdata/record-type.ts';
import { parseRelativeName } from '../rdata/relative-name.ts';
import type { Entry, PlacedToken } from './entries.ts';
import type { Fail, FileRecord, OpenFile, Reading } from './reading.ts';
import { decodeSoa } from './soa.ts';
import { parseTime } from './time.ts';

/** TTL with which reading goes on after a problem says that there is none, seconds. */
const TTL_AFTER_PROBLEM = 3_600;

/** Reads the record of an entry (RFC 1035 §5.1). An SOA is kept in the reading. Returns undefined for it, and where it reports a problem. */
export function readRecord(
  entry: Entry,
  file: OpenFile,
  reading: Reading,
  path: string,
  fail: Fail,
): FileRecord | undefined {
  const { tokens } = entry;
  const isOwned = !entry.isOwnerOmitted;
  if (isOwned) file.owner = readOwner(tokens[0]!, file, fail) ?? null;
  else if (file.owner === undefined) fail(tokens[0]!.at, 'has no owner, and no record is before it');
  const fields = readFields(tokens, isOwned ? 1 : 0, fail);
  if (fields === undefined) return undefined;
  const { type, typeToken, rdata: words } = fields;
  const failData = (message: string) => fail(words[0]?.at ?? typeToken.at, message);
  if (type === Type.SOA) {
    readSoa(entry, file, reading, path, fields, failData);
    return undefined;
  }
  const ttlSeconds = ttlOf(fields.ttlSeconds, reading, typeToken, fail);
  const { owner } = file;
  if (owner === undefined || owner === null) return undefined;
  if (!isAtOrBelow(owner, reading.apex))
    return fail(
      isOwned ? tokens[0]!.at : typeToken.at,
      `${formatName(owner)} is outside the zone ${formatName(reading.apex)}`,
    );
  const rdata = readRdata(type, words, file.origin, failData);
  if (rdata === undefined) return undefined;
  return { path, owner, ttlSeconds, type, rdata, ...(entry.comment && { comment: entry.comment }) };
}

function readOwner(token: PlacedToken, file: OpenFile, fail: Fail): WireName | undefined {
  if (token.quoted) return fail(token.at, `${shown(token.raw)} is an owner in quotes; remove them`);
  try {
    return foldName(parseRelativeName(token.raw, file.origin));
  } catch (error) {
    if (error instanceof NameError)
      return fail(token.at, `${shown(token.raw)} is not a domain name (${error.message})`);
    throw error;
  }
}

/** What is between the owner and the rdata, and the words of the rdata. */
interface Fields {
  readonly type: number;
  readonly typeToken: PlacedToken;
  readonly ttlSeconds?: number;
  readonly rdata: readonly PlacedToken[];
}

/** Reads TTL and class, in either order, and the type. */
function readFields(tokens: readonly PlacedToken[], from: number, fail: Fail): Fields | undefined {
  let ttlSeconds: number | undefined;
  let hasClass = false;
  for (let i = from; i < tokens.length; i += 1) {
    const token = tokens[i]!;
    const { raw, quoted, at } = token;
    const time = quoted || ttlSeconds !== undefined ? undefined : parseTime(raw);
    if (time !== undefined) {
      if (time > TTL_SECONDS_MAX)
        return fail(at, `is the TTL ${shown(raw)}; ${TTL_SECONDS_MAX} seconds at most`);
      ttlSeconds = time;
    } else if (!quoted && !hasClass && CLASS.test(raw)) {
      if (!CLASS_IN.test(raw)) return fail(at, `is the class ${shown(raw)}; only IN is allowed`);
      hasClass = true;
    } else {
      const type = quoted ? undefined : recordTypeNumber(raw);
      if (type === undefined) return fail(at, `${shown(raw)} is not a record type`);
      const why = type === Type.SOA ? undefined : whyNotAuthored(type);
      if (why !== undefined) return fail(at, `${recordTypeName(type)} ${why}`);
      return {
        type,
        typeToken: token,
        rdata: tokens.slice(i + 1),
        ...(ttlSeconds !== undefined && { ttlSeconds }),
      };
    }
  }
  return fail(tokens.at(-1)!.at, 'ends before the type of the record');
}

/** Classes (RFC 1035 §3.2.4, RFC 3597 §5). */
const CLASS = /^(?:IN|CH|HS|CS|ANY|NONE|CLASS\d{1,5})$/i;
const CLASS_IN = /^(?:IN|CLASS1)$/i;

/** Returns true for a word that is read as a TTL or class where it is before the type. */
export function isTtlOrClass({ raw, quoted }: PlacedToken): boolean {
  return !quoted && (parseTime(raw) !== undefined || CLASS.test(raw));
}

/** The TTL of a record: its own, that of $TTL, or that of the record before (RFC 2308 §4, RFC 1035 §5.1). */
function ttlOf(explicit: number | undefined, reading: Reading, typeToken: PlacedToken, fail: Fail): number {
  if (explicit !== undefined) reading.lastTtlSeconds = explicit;
  const found = explicit ?? reading.defaultTtlSeconds ?? reading.lastTtlSeconds;
  if (found !== undefined) return found;
  fail(typeToken.at, 'has no TTL; write one before the type, or put $TTL before the first record');
  reading.defaultTtlSeconds = TTL_AFTER_PROBLEM;
  return TTL_AFTER_PROBLEM;
}

function readRdata(
  type: number,
  words: readonly PlacedToken[],
  origin: WireName,
  fail: (message: string) => undefined,
): Uint8Array | undefined {
  try {
    return parseRdataTokens(type, words, origin);
  } catch (error) {
    if (error instanceof RdataError)
      return fail(`${recordTypeName(type)} ${written(words)} ${error.message}`);
    throw error;
  }
}

/** The words of rdata for a problem, cut as shown() cuts. */
function written(words: readonly PlacedToken[]): string {
  let text = '';
  for (const { raw, quoted } of words) {
    if (text.length > SHOWN_MAX) break;
    text += `${text === '' ? '' : ' '}${quoted ? `"${raw}"` : raw}`;
  }
  return shown(text);
}

/** Reads the SOA of an entry into the reading. */
function readSoa(
  entry: Entry,
  file: OpenFile,
  reading: Reading,
  path: string,
  { ttlSeconds: explicit, rdata: words }: Fields,
  fail: (message: string) => undefined,
): void {
  const { apex, soa: other } = reading;
  const { owner } = file;
  if (other !== undefined) fail(`is a second SOA; the zone has one already (${other.path})`);
  else if (owner && !isApex(entry, owner, apex))
    fail(`${formatName(owner)} has an SOA, which only the apex ${formatName(apex)} can have`);
  if (owner) file.owner = apex;
  const rdata = readRdata(Type.SOA, words, file.origin, fail);
  if (rdata === undefined) return;
  try {
    const { serial, settings } = decodeSoa(rdata);
    const ttlSeconds = explicit ?? reading.defaultTtlSeconds ?? settings.minimumSeconds;
    if (explicit === undefined) reading.defaultTtlSeconds ??= ttlSeconds;
    else reading.lastTtlSeconds = explicit;
    reading.soa ??= { path, serial, settings: { ttlSeconds, ...settings } };
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    fail(`SOA ${error.message}`);
  }
}

/** Returns true for the apex. Exports of the reference write the owner of the SOA, and of no other record, without its final dot. */
function isApex({ tokens, isOwnerOmitted }: Entry, owner: WireName, apex: WireName): boolean {
  const isSame = (name: WireName) => name.length === apex.length && isAtOrBelow(name, apex);
  return isSame(owner) || (!isOwnerOmitted && tokens[0]!.raw !== '@' && isSame(parseName(tokens[0]!.raw)));
}
