import { Reader, type Response } from 'mmdb-lib';
import { LocatorError } from './locator-error.ts';

/** A file in the format of MaxMind DB, version 2. */
export interface Mmdb {
  /** The type that the file names, such as `GeoLite2-City`. */
  readonly type: string;
  /** When it was built, milliseconds since the epoch. */
  readonly builtMs: number;
  /** Bits of the addresses: 32 or 128. */
  readonly bits: 32 | 128;
  /** Number of nodes. A branch below it is a node, the branch of this number leads to nothing, and a larger one to a record. */
  readonly nodes: number;
  /** Returns the branches of a node for a bit of 0 and of 1. */
  zero(node: number): number;
  one(node: number): number;
  /** Decodes the record that a branch leads to. Throws LocatorError. */
  record(branch: number): unknown;
}

/** Precedes the metadata, which is within the last METADATA_OCTETS_MAX (MaxMind DB File Format Specification 2.0). */
const METADATA_MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const METADATA_OCTETS_MAX = 128 * 1024;
/** Octets between the tree and the records. */
const SEPARATOR_OCTETS = 16;
/** Values that the decoder keeps, since many records point to the same ones. */
const KEPT_VALUES_MAX = 100_000;

/** Opens a database. Throws LocatorError. */
export function openMmdb(octets: Buffer): Mmdb {
  const end = octets.lastIndexOf(METADATA_MARKER);
  if (end < 0 || end < octets.length - METADATA_OCTETS_MAX)
    throw new LocatorError('is not a whole MaxMind DB file: it has no metadata at its end');
  const reader = readerOf(octets);
  const { metadata } = reader;
  const { nodeCount, recordSize, nodeByteSize, searchTreeSize, ipVersion } = metadata;
  const version = metadata.binaryFormatMajorVersion;
  if (version !== 2) throw new LocatorError(`has version ${version} of the format; only version 2 is known`);
  if (ipVersion !== 4 && ipVersion !== 6)
    throw new LocatorError(`is damaged: its IP version is ${ipVersion}`);
  const records = searchTreeSize + SEPARATOR_OCTETS;
  if (!Number.isInteger(nodeCount) || nodeCount < 1 || !(records <= end))
    throw new LocatorError(`is damaged: a tree of ${nodeCount} nodes does not fit the file`);
  return {
    type: String(metadata.databaseType),
    builtMs: metadata.buildEpoch.getTime(),
    bits: ipVersion === 4 ? 32 : 128,
    nodes: nodeCount,
    ...branchesOf(octets, recordSize, nodeByteSize),
    record(branch) {
      const offset = branch - nodeCount - SEPARATOR_OCTETS;
      if (offset < 0 || records + offset >= end)
        throw new LocatorError('is damaged: its tree leads to a record outside the file');
      try {
        // biome-ignore lint/complexity/useLiteralKeys: it is private, and the only way to decode a record without an address of it
        return reader['resolveDataPointer'](branch);
      } catch (error) {
        throw new LocatorError(`is damaged: a record cannot be decoded (${(error as Error).message})`);
      }
    },
  };
}

function readerOf(octets: Buffer): Reader<Response> {
  const kept = new Map<string | number, unknown>();
  const cache = {
    get: (key: string | number) => kept.get(key),
    set(key: string | number, value: unknown) {
      if (kept.size === KEPT_VALUES_MAX) kept.clear();
      kept.set(key, value);
    },
  };
  try {
    return new Reader(octets, { cache });
  } catch (error) {
    throw new LocatorError(`is damaged: its metadata cannot be read (${(error as Error).message})`);
  }
}

function branchesOf(octets: Buffer, recordBits: number, nodeOctets: number): Pick<Mmdb, 'zero' | 'one'> {
  /** Three octets. Buffer's own functions check much more, for every node. */
  const three = (at: number) => (octets[at]! << 16) | (octets[at + 1]! << 8) | octets[at + 2]!;
  if (recordBits === 24)
    return { zero: (node) => three(node * nodeOctets), one: (node) => three(node * nodeOctets + 3) };
  if (recordBits === 28)
    return {
      zero: (node) => ((octets[node * nodeOctets + 3]! & 0xf0) << 20) | three(node * nodeOctets),
      one: (node) => ((octets[node * nodeOctets + 3]! & 0x0f) << 24) | three(node * nodeOctets + 4),
    };
  return {
    zero: (node) => octets.readUInt32BE(node * nodeOctets),
    one: (node) => octets.readUInt32BE(node * nodeOctets + 4),
  };
}
