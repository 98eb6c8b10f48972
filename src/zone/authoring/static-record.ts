import { encodeRdata, RdataError, STATIC_TYPES, type StaticType, targetOf } from '../../dns/codec.ts';
import { encodeGenericRdata, type GenericType, parseGenericType } from '../../dns/generic-type.ts';
import type { WireName } from '../../dns/name.ts';
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

/** Longest TTL (RFC 2181 §8). */
export const TTL_MAX = 2 ** 31 - 1;
/** Values of one entry under `records`. */
export const VALUES_MAX = 1_000;

/** A TTL in seconds. */
export const ttl: Reader<number> = integer(0, TTL_MAX);

/** The type of a static record: a mnemonic, or a number (RFC 3597 §5). */
export type RecordType = StaticType | GenericType;

/** One record, and where it was written. */
export interface StaticRecord {
  readonly path: string;
  readonly owner: WireName;
  readonly type: RecordType;
  readonly ttlSeconds: number;
  readonly rdata: Uint8Array;
  /** The name the record points to, for types that have one. */
  readonly target?: WireName;
}

/** The part of a record its type and value decide. */
export type RecordData = Pick<StaticRecord, 'type' | 'rdata' | 'target'>;

/** Encodes a value in presentation form. Throws TextError. */
export function parseRecordData(type: RecordType, value: string): RecordData {
  try {
    if (isGeneric(type)) return { type, rdata: encodeGenericRdata(value) };
    const rdata = encodeRdata(type, value);
    const target = targetOf(type, value);
    if (target === undefined) return { type, rdata };
    if (isOneLabel(target) && !endsInDot(value.trim()))
      throw new TextError(
        'points to one label; write the full name, or end it with a dot if this is all of it',
      );
    return { type, rdata, target };
  } catch (error) {
    if (error instanceof RdataError) throw new TextError(error.message);
    throw error;
  }
}

/** The number of a static record's type. */
export function typeNumber(type: RecordType): number {
  return isGeneric(type) ? parseGenericType(type)! : STATIC_TYPES[type];
}

function isGeneric(type: RecordType): type is GenericType {
  return type.startsWith('TYPE');
}

const recordType: Reader<RecordType> = text((found) => {
  if (Object.hasOwn(STATIC_TYPES, found) || parseGenericType(found) !== undefined) return found as RecordType;
  throw new TextError(
    `is none of ${Object.keys(STATIC_TYPES).join(', ')}, nor TYPE and the number of another`,
  );
});

const outline = mapping({
  name: required(later),
  type: required(recordType),
  ttl: optional(ttl),
  value: required(later),
});

/**
 * Reads an entry under `records`: a name (see parseOwner), a type, a TTL or none, and a value or a list of values in
 * presentation form (see encodeRdata). An entry with a problem gives the records that have none; without an apex, none.
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
