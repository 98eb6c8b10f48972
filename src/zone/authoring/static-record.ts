import { encodeRdata, RdataError, STATIC_TYPES, type StaticType, targetOf } from '../../dns/codec.ts';
import { encodeGenericRdata, type GenericType, parseGenericType } from '../../dns/generic-type.ts';
import type { WireName } from '../../dns/name.ts';
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
  TextError,
  text,
} from '../../input/reader.ts';
import { endsInDot, isOneLabel, parseOwner } from './owner-name.ts';

/** Maximum number of values of one entry under `records`. */
export const VALUES_MAX = 1_000;

/** Reads a TTL in seconds. */
export const ttl: Reader<number> = integer(0, TTL_SECONDS_MAX);

/** The type of a static record: a mnemonic, or a number (RFC 3597 §5). */
export type RecordType = StaticType | GenericType;

/** A record and its place in the configuration. */
export interface StaticRecord {
  readonly path: string;
  readonly owner: WireName;
  readonly type: RecordType;
  readonly ttlSeconds: number;
  readonly rdata: Uint8Array;
  /** The name the record points to, for types that have one. */
  readonly target?: WireName;
}

/** The parts of a record that its type and value give. */
export type RecordData = Pick<StaticRecord, 'type' | 'rdata' | 'target'>;

/** Parses a value in presentation form. Throws TextError. */
export function parseRecordData(type: RecordType, value: string): RecordData {
  try {
    if (isGeneric(type)) return { type, rdata: encodeGenericRdata(value) };
    const rdata = encodeRdata(type, value);
    const target = targetOf(type, value);
    if (target === undefined) return { type, rdata };
    if (isOneLabel(target) && !endsInDot(value.trim()))
      throw new TextError(
        'points to a name with only one label; write the full name, or end it with a dot if it is the full name',
      );
    return { type, rdata, target };
  } catch (error) {
    if (error instanceof RdataError) throw new TextError(error.message);
    throw error;
  }
}

/** Returns the number of a record type. */
export function typeNumber(type: RecordType): number {
  return isGeneric(type) ? parseGenericType(type)! : STATIC_TYPES[type];
}

function isGeneric(type: RecordType): type is GenericType {
  return type.startsWith('TYPE');
}

const recordType: Reader<RecordType> = text((found) => {
  if (Object.hasOwn(STATIC_TYPES, found) || parseGenericType(found) !== undefined) return found as RecordType;
  throw new TextError(
    `is not one of ${Object.keys(STATIC_TYPES).join(', ')}, and not TYPE with the number of another type`,
  );
});

const outline = mapping({
  name: required(later),
  type: required(recordType),
  ttl: optional(ttl),
  value: required(later),
});

/**
 * Makes a reader for an entry under `records`: a name (see parseOwner), a type, an optional TTL, and a value or a list of
 * values in presentation form (see encodeRdata). Returns the records without a problem; without an apex, none.
 */
export function staticRecords(apex: WireName | undefined, ttlSeconds: number): Reader<StaticRecord[]> {
  return (value, place) => {
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
  };
}
