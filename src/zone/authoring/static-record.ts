import { formatName, type WireName } from '../../dns/name.ts';
import { TTL_SECONDS_MAX } from '../../dns/rrset.ts';
import {
  integer,
  keyIn,
  later,
  list,
  mapping,
  optional,
  type Reader,
  required,
  shapedAs,
  TextError,
  text,
} from '../../input/reader.ts';
import { namesIn, parseRdata } from '../../rdata/rdata.ts';
import { RdataError } from '../../rdata/rdata-error.ts';
import { AUTHORED_TYPES, recordTypeName, recordTypeNumber, whyNotAuthored } from '../../rdata/record-type.ts';
import { tokenize } from '../../rdata/token.ts';
import { isOneLabel, parseOwner } from './owner-name.ts';

/** Maximum number of values of one entry under `records`. */
export const VALUES_MAX = 1_000;

/** Reads a TTL in seconds. */
export const ttl: Reader<number> = integer(0, TTL_SECONDS_MAX);

/** The type of a static record: its mnemonic, or `TYPE` and the number of a type that has none here (RFC 3597 §5). */
export type RecordType = string;

/** A record and its place in the configuration. */
export interface StaticRecord {
  readonly path: string;
  readonly owner: WireName;
  readonly type: RecordType;
  readonly ttlSeconds: number;
  readonly rdata: Uint8Array;
  /** The first name that the record points to, for types that have one. */
  readonly target?: WireName;
}

/** The parts of a record that its type and value give. */
export type RecordData = Pick<StaticRecord, 'type' | 'rdata' | 'target'>;

/** Parses a value in presentation form. Throws TextError. */
export function parseRecordData(type: RecordType, value: string): RecordData {
  const number = typeNumber(type);
  try {
    const rdata = parseRdata(number, value);
    const names = namesIn(number, rdata);
    if (names.some((name) => isOneLabel(name) && isWrittenWithoutDot(name, value)))
      throw new TextError(
        'points to a name with only one label; write the full name, or end it with a dot if it is the full name',
      );
    const [target] = names;
    return target === undefined ? { type, rdata } : { type, rdata, target };
  } catch (error) {
    if (error instanceof RdataError) throw new TextError(error.message);
    throw error;
  }
}

/** Returns true when a word of the value is the label of the name, and has no dot. */
function isWrittenWithoutDot(name: WireName, value: string): boolean {
  const label = formatName(name).slice(0, -1);
  return tokenize(value).some(({ raw }) => raw.toLowerCase() === label);
}

/** Returns the number of a record type. */
export function typeNumber(type: RecordType): number {
  return recordTypeNumber(type)!;
}

const recordType: Reader<RecordType> = text((found) => {
  const type = recordTypeNumber(found);
  if (type === undefined)
    throw new TextError(
      `is not one of ${AUTHORED_TYPES.join(', ')}, and not TYPE with the number of another type`,
    );
  const why = whyNotAuthored(type);
  if (why !== undefined) throw new TextError(why);
  return recordTypeName(type);
});

const outline = mapping({
  name: required(later),
  type: required(recordType),
  ttl: optional(ttl),
  value: required(later),
});

/**
 * Makes a reader for an entry under `records`: a name (see parseOwner), a type, an optional TTL, and a value or a list of
 * values in presentation form (see parseRdata). Returns the records without a problem; without an apex, none.
 */
export function staticRecords(apex: WireName | undefined, ttlSeconds: number): Reader<StaticRecord[]> {
  return shapedAs(outline, (value, place) => {
    const read = outline(value, place);
    if (read === undefined) return undefined;
    const owner =
      apex === undefined || read.name === undefined
        ? undefined
        : text((found) => parseOwner(found, apex))(read.name, keyIn(place, 'name'));
    const { type } = read;
    if (type === undefined || read.value === undefined) return [];
    const record: Reader<StaticRecord> = (found, where) => {
      const data = text((each) => parseRecordData(type, each))(found, where);
      if (data === undefined || owner === undefined) return undefined;
      return { path: where.path, owner, ttlSeconds: read.ttl ?? ttlSeconds, ...data };
    };
    const found = Array.isArray(read.value)
      ? list(record, 1, VALUES_MAX)(read.value, keyIn(place, 'value'))
      : [record(read.value, keyIn(place, 'value'))];
    return (found ?? []).filter((each) => each !== undefined);
  });
}
