import { foldName, NameError, type WireName } from '../dns/name.ts';
import { TTL_SECONDS_MAX } from '../dns/rrset.ts';
import { nearest } from '../input/nearest.ts';
import type { Problem } from '../input/problem.ts';
import { shown, TextError } from '../input/reader.ts';
import { parseRelativeName } from '../rdata/relative-name.ts';
import { createEntryReader, type Entry, type PlacedToken, placeIn } from './entries.ts';
import { GENERATED_CHARACTERS_MAX, parseGenerateRange, parseTemplate } from './generate.ts';
import type { Fail, FileRecord, IncludeFile, OpenFile, Reading, ZoneFileText } from './reading.ts';
import { isTtlOrClass, readRecord } from './record-entry.ts';
import type { FileSoa } from './soa.ts';
import { parseTime } from './time.ts';

/** Problems of a zone file after which reading ends. */
export const PROBLEMS_MAX = 100;
/** Files inside of one another, the outermost included. */
export const INCLUDE_DEPTH_MAX = 8;
/** Files that a zone file includes in all. */
export const INCLUDES_MAX = 1_000;
/** Characters that are read before the generator yields: some milliseconds of work. */
const PIECE_CHARACTERS = 16 * 1024;

/** How a zone file is read. */
export interface ZoneFileOptions {
  /** The first origin; every owner is at or below it. */
  readonly apex: WireName;
  /** Absent: $INCLUDE is not allowed. */
  readonly include?: IncludeFile;
  /** TTL of records before any that has one, seconds; absent: they are a problem. */
  readonly ttlSeconds?: number;
  /** Most records, the SOA apart. */
  readonly recordsMax: number;
  /** Most characters of the lines that $GENERATE makes in all; absent: GENERATED_CHARACTERS_MAX. */
  readonly generatedMax?: number;
}

/**
 * Reads a zone file (RFC 1035 §5, RFC 2308 §4, and $GENERATE as BIND has it) in pieces of a few milliseconds: yields the
 * records of each, which may be none, and returns the SOA. Reports every problem with `file:line:column`, up to PROBLEMS_MAX; records
 * are complete only where it reports none. Throws for no text.
 */
export function* readZoneFile(
  source: ZoneFileText,
  { apex, include, ttlSeconds, recordsMax, generatedMax = GENERATED_CHARACTERS_MAX }: ZoneFileOptions,
  problems: Problem[],
): Generator<readonly FileRecord[], FileSoa | undefined> {
  const reading: Reading = {
    apex,
    ...(include && { include }),
    problems,
    problemsBefore: problems.length,
    piece: [],
    recordsMax,
    recordsLeft: recordsMax,
    includesLeft: INCLUDES_MAX,
    generatedMax,
    generatedLeft: generatedMax,
    ...(ttlSeconds !== undefined && { lastTtlSeconds: ttlSeconds }),
    isOver: false,
  };
  yield* readFile({ ...source, origin: apex, owner: undefined }, reading);
  yield handOut(reading);
  return reading.soa;
}

function handOut(reading: Reading): readonly FileRecord[] {
  const { piece } = reading;
  reading.piece = [];
  return piece;
}

type Pieces = Generator<readonly FileRecord[], void>;

function* readFile(file: OpenFile, reading: Reading): Pieces {
  const next = createEntryReader(file.text);
  let handedOutAt = 0;
  for (let entry = next(); entry !== undefined && !reading.isOver; entry = next()) {
    if (entry.start - handedOutAt > PIECE_CHARACTERS) {
      handedOutAt = entry.start;
      yield handOut(reading);
    }
    yield* readEntry(entry, file, reading);
  }
}

function* readEntry(entry: Entry, file: OpenFile, reading: Reading): Pieces {
  const { tokens, problem } = entry;
  const fail: Fail = (at, message) =>
    report(reading, `${file.file}:${placeIn(file.text, entry, at)}`, message);
  if (problem !== undefined) fail(problem.at, problem.message);
  const [first] = tokens;
  if (first === undefined) return;
  const path = `${file.file}:${entry.line}`;
  if (entry.isOwnerOmitted || first.quoted || !first.raw.startsWith('$')) {
    const record = readRecord(entry, file, reading, path, fail);
    if (record !== undefined) keep(record, reading);
    return;
  }
  const directive = first.raw.toUpperCase();
  if (directive === '$GENERATE') yield* generate(tokens, file, reading, path, fail);
  else if (directive === '$INCLUDE') yield* includeFile(tokens, file, reading, fail);
  else if (directive === '$ORIGIN') setOrigin(tokens, file, fail);
  else if (directive === '$TTL') setTtl(tokens, reading, fail);
  else fail(first.at, `${shown(first.raw)} is not a directive here${nearest(directive, DIRECTIVES)}`);
}

const DIRECTIVES = ['$ORIGIN', '$TTL', '$INCLUDE', '$GENERATE'];

function keep(record: FileRecord, reading: Reading): void {
  if (reading.recordsLeft === 0) {
    report(reading, record.path, `begins more than ${reading.recordsMax} records`);
    reading.isOver = true;
    return;
  }
  reading.recordsLeft -= 1;
  reading.piece.push(record);
}

function report(reading: Reading, path: string, message: string): undefined {
  if (reading.isOver) return;
  const { problems } = reading;
  problems.push({ path, message });
  if (problems.length - reading.problemsBefore < PROBLEMS_MAX) return;
  problems.push({ path, message: `is the last place that was read, after ${PROBLEMS_MAX} problems` });
  reading.isOver = true;
}

/** Calls `use` with the words after a directive, if they are as many as it takes. */
function argumentsOf(
  tokens: readonly PlacedToken[],
  [min, max]: readonly [number, number],
  usage: string,
  fail: Fail,
): readonly PlacedToken[] | undefined {
  const [directive, ...given] = tokens;
  if (given.length >= min && given.length <= max) return given;
  return fail(given[max]?.at ?? directive!.at, `must be \`${usage}\``);
}

function setOrigin(tokens: readonly PlacedToken[], file: OpenFile, fail: Fail): void {
  const [name] = argumentsOf(tokens, [1, 1], '$ORIGIN name', fail) ?? [];
  const origin = name && originOf(name, file, fail);
  if (origin !== undefined) file.origin = origin;
}

function originOf({ raw, at }: PlacedToken, file: OpenFile, fail: Fail): WireName | undefined {
  try {
    return foldName(parseRelativeName(raw, file.origin));
  } catch (error) {
    if (error instanceof NameError) return fail(at, `${shown(raw)} is not a domain name (${error.message})`);
    throw error;
  }
}

function setTtl(tokens: readonly PlacedToken[], reading: Reading, fail: Fail): void {
  const [ttl] = argumentsOf(tokens, [1, 1], '$TTL seconds', fail) ?? [];
  if (ttl === undefined) return;
  const seconds = parseTime(ttl.raw);
  if (seconds === undefined || seconds > TTL_SECONDS_MAX)
    fail(ttl.at, `${shown(ttl.raw)} is not a TTL of 0 to ${TTL_SECONDS_MAX} seconds`);
  else reading.defaultTtlSeconds = seconds;
}

/** Reads an included file. Origin and owner of the including file stay as they were (RFC 1035 §5.1); $TTL applies after it as well. */
function* includeFile(tokens: readonly PlacedToken[], file: OpenFile, reading: Reading, fail: Fail): Pieces {
  const [path, name] = argumentsOf(tokens, [1, 2], '$INCLUDE file [origin]', fail) ?? [];
  if (path === undefined) return;
  const origin = name === undefined ? file.origin : originOf(name, file, fail);
  if (origin === undefined) return;
  const found = openIncluded(path, file, reading, fail);
  if (found === undefined) return;
  yield* readFile({ ...found, origin, owner: file.owner, by: file }, reading);
}

function openIncluded(
  { raw, at }: PlacedToken,
  file: OpenFile,
  reading: Reading,
  fail: Fail,
): ZoneFileText | undefined {
  if (reading.include === undefined) return fail(at, '$INCLUDE is not allowed here');
  if (reading.includesLeft === 0) return fail(at, `includes more than ${INCLUDES_MAX} files`);
  reading.includesLeft -= 1;
  let found: ZoneFileText;
  try {
    found = reading.include(raw);
  } catch (error) {
    if (error instanceof TextError) return fail(at, `${shown(raw)} ${error.message}`);
    throw error;
  }
  let depth = 1;
  for (let outer: OpenFile | undefined = file; outer !== undefined; outer = outer.by) {
    depth += 1;
    if (outer.file === found.file) return fail(at, `${shown(raw)} includes itself`);
  }
  if (depth > INCLUDE_DEPTH_MAX) return fail(at, `${shown(raw)} nests more than ${INCLUDE_DEPTH_MAX} files`);
  return found;
}

/** Makes the records of a $GENERATE. What is wrong with one of them is reported once. */
function* generate(
  tokens: readonly PlacedToken[],
  file: OpenFile,
  reading: Reading,
  path: string,
  fail: Fail,
): Pieces {
  const given = argumentsOf(
    tokens,
    [4, tokens.length],
    '$GENERATE range owner [ttl] [class] type data',
    fail,
  );
  if (given === undefined) return;
  const [rangeToken, ownerToken] = given;
  const problemsBefore = reading.problems.length;
  const failOnce = (at: number, message: string) =>
    reading.problems.length === problemsBefore ? fail(at, message) : undefined;
  const range = attempt(rangeToken!, parseGenerateRange, fail);
  const line = range && attempt(ownerToken!, () => lineTemplate(given.slice(1)), fail);
  if (range === undefined || line === undefined) return;
  let characters = 0;
  for (let number = range.first; number <= range.last; number += range.step) {
    const text = attempt(ownerToken!, () => line(number), fail);
    if (text === undefined) return;
    reading.generatedLeft -= text.length;
    if (reading.generatedLeft < 0) {
      fail(ownerToken!.at, `begins more than ${reading.generatedMax} characters of generated lines`);
      return;
    }
    const entry = createEntryReader(text)();
    if (entry === undefined) return;
    if (entry.problem !== undefined) failOnce(ownerToken!.at, entry.problem.message);
    else {
      const record = readRecord(entry, file, reading, path, (_, message) =>
        failOnce(ownerToken!.at, message),
      );
      if (record !== undefined) keep(record, reading);
    }
    if (reading.problems.length > problemsBefore) return;
    characters += text.length;
    if (characters < PIECE_CHARACTERS) continue;
    characters = 0;
    yield handOut(reading);
  }
}

/** Makes the line of each record. One word of data in quotes is what is in the quotes, as BIND reads it. */
function lineTemplate([owner, ...words]: readonly PlacedToken[]) {
  const typeAt = words.findIndex((word) => !isTtlOrClass(word));
  const isOneWord = typeAt === words.length - 2;
  const text = words.map(({ raw, quoted }) => (quoted && !isOneWord ? `"${raw}"` : raw));
  return parseTemplate([owner!.raw, ...text].join(' '));
}

function attempt<T>({ raw, at }: PlacedToken, parse: (text: string) => T, fail: Fail): T | undefined {
  try {
    return parse(raw);
  } catch (error) {
    if (error instanceof TextError) return fail(at, `${shown(raw)} ${error.message}`);
    throw error;
  }
}
