/** Writes files in the format of MaxMind DB (specification 2.0), as far as tests need it. */

/** A prefix with its record. */
export interface MmdbEntry {
  /** 4 or 16 octets. */
  readonly octets: Uint8Array;
  readonly bits: number;
  readonly record: unknown;
}

/** How the file is written. */
export interface MmdbOptions {
  readonly type?: string;
  readonly recordSize?: 24 | 28 | 32;
  readonly ipVersion?: 4 | 6;
  readonly buildEpochSeconds?: number;
  /** Prefixes of IPv6 that lead to the tree of IPv4, as 6to4 does in the files of MaxMind: octets and bits. */
  readonly aliases?: readonly { readonly octets: Uint8Array; readonly bits: number }[];
}

const IPV4_DEPTH = 96;

/** A node while the tree is built: its branches, which are nodes, or numbers of records, or nothing. */
interface Node {
  readonly below: [Node | number | undefined, Node | number | undefined];
}

/** The octets of a file with these entries; a longer prefix counts before a shorter one. */
export function writeMmdb(entries: readonly MmdbEntry[], options: MmdbOptions = {}): Buffer {
  const { type = 'Test', recordSize = 24, ipVersion = 6, buildEpochSeconds = 0, aliases = [] } = options;
  const root: Node = { below: [undefined, undefined] };
  const records: unknown[] = [];
  for (const { octets, bits, record } of [...entries].sort((a, b) => depthOf(a) - depthOf(b))) {
    records.push(record);
    insert(root, ipVersion === 6 ? widened(octets) : octets, depthOf({ octets, bits }), records.length - 1);
  }
  if (aliases.length > 0) {
    const zeros = new Uint8Array(16);
    let ipv4: Node | number | undefined = root;
    for (let depth = 0; depth < IPV4_DEPTH && typeof ipv4 === 'object'; depth += 1)
      ipv4 = ipv4.below[bitAt(zeros, depth)];
    for (const { octets, bits } of aliases) insert(root, octets, bits, ipv4);
  }
  return fileOf(root, records, { type, recordSize, ipVersion, buildEpochSeconds });

  function depthOf({ octets, bits }: Pick<MmdbEntry, 'octets' | 'bits'>): number {
    return ipVersion === 6 && octets.length === 4 ? IPV4_DEPTH + bits : bits;
  }
}

function widened(octets: Uint8Array): Uint8Array {
  const wide = new Uint8Array(16);
  wide.set(octets, 16 - octets.length);
  return wide;
}

const bitAt = (octets: Uint8Array, bit: number): 0 | 1 =>
  ((octets[bit >> 3]! >> (7 - (bit & 7))) & 1) as 0 | 1;

/** Puts a branch at a prefix of a bit or more; what is longer comes later, except for aliases. */
function insert(root: Node, octets: Uint8Array, bits: number, branch: Node | number | undefined): void {
  if (bits === 0) {
    root.below[0] = root.below[1] = branch;
    return;
  }
  let node = root;
  for (let depth = 0; depth < bits - 1; depth += 1) {
    const bit = bitAt(octets, depth);
    const next = node.below[bit];
    if (typeof next === 'object') node = next;
    else node = node.below[bit] = { below: [next, next] };
  }
  node.below[bitAt(octets, bits - 1)] = branch;
}

function fileOf(
  root: Node,
  records: readonly unknown[],
  options: Required<Omit<MmdbOptions, 'aliases'>>,
): Buffer {
  const { type, recordSize, ipVersion, buildEpochSeconds } = options;
  const numbers = new Map<Node, number>();
  const number = (node: Node | number | undefined): void => {
    if (typeof node !== 'object' || numbers.has(node)) return;
    numbers.set(node, numbers.size);
    for (const each of node.below) number(each);
  };
  number(root);
  const data = records.map(encode);
  const offsets: number[] = [];
  data.reduce((offset, octets) => {
    offsets.push(offset);
    return offset + octets.length;
  }, 0);
  const value = (branch: Node | number | undefined) => {
    if (branch === undefined) return numbers.size;
    return typeof branch === 'object' ? numbers.get(branch)! : numbers.size + 16 + offsets[branch]!;
  };
  const tree = [...numbers.keys()].map(({ below: [zero, one] }) =>
    nodeOf(value(zero), value(one), recordSize),
  );
  return mmdbOf({ tree, nodes: numbers.size, records: data, type, recordSize, ipVersion, buildEpochSeconds });
}

/** The parts of a file. */
export interface MmdbParts extends Required<Omit<MmdbOptions, 'aliases'>> {
  readonly tree: readonly Buffer[];
  readonly nodes: number;
  /** Each as `encode` returns it. */
  readonly records: readonly Buffer[];
}

/** The octets of a file of these parts. */
export function mmdbOf({
  tree,
  nodes,
  records,
  type,
  recordSize,
  ipVersion,
  buildEpochSeconds,
}: MmdbParts): Buffer {
  const metadata = encode({
    binary_format_major_version: new Uint(5, 2),
    binary_format_minor_version: new Uint(5, 0),
    build_epoch: new Uint(9, buildEpochSeconds),
    database_type: type,
    description: { en: 'Written by a test' },
    ip_version: new Uint(5, ipVersion),
    languages: ['en'],
    node_count: new Uint(6, nodes),
    record_size: new Uint(5, recordSize),
  });
  return Buffer.concat([
    ...tree,
    Buffer.alloc(16),
    ...records,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    metadata,
  ]);
}

function nodeOf(zero: number, one: number, recordSize: 24 | 28 | 32): Buffer {
  const node = Buffer.alloc(recordSize / 4);
  if (recordSize === 24) {
    node.writeUIntBE(zero, 0, 3);
    node.writeUIntBE(one, 3, 3);
  } else if (recordSize === 28) {
    node.writeUIntBE(zero & 0xff_ffff, 0, 3);
    node[3] = ((zero >> 24) << 4) | (one >> 24);
    node.writeUIntBE(one & 0xff_ffff, 4, 3);
  } else {
    node.writeUInt32BE(zero, 0);
    node.writeUInt32BE(one, 4);
  }
  return node;
}

/** A whole number of one of the types that the format has for them. */
class Uint {
  readonly type: number;
  readonly value: number;
  constructor(type: number, value: number) {
    this.type = type;
    this.value = value;
  }
}

/** Encodes a record: texts, numbers as doubles, lists and objects. */
export function encode(value: unknown): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([control(2, text.length), text]);
  }
  if (typeof value === 'number') {
    const double = Buffer.alloc(8);
    double.writeDoubleBE(value);
    return Buffer.concat([control(3, 8), double]);
  }
  if (value instanceof Uint) {
    const digits = value.value.toString(16);
    const octets = Buffer.from(
      value.value === 0 ? '' : digits.padStart(digits.length + (digits.length % 2), '0'),
      'hex',
    );
    return Buffer.concat([control(value.type, octets.length), octets]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const entries = Object.entries(value as object);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, each]) => [encode(key), encode(each)]),
  ]);
}

/** The octets before a value: its type, and its size, which is below 285 here. */
function control(type: number, size: number): Buffer {
  if (size >= 285) throw new Error('the value is too long for this writer');
  const short = Math.min(size, 29);
  const long = size >= 29 ? [size - 29] : [];
  return Buffer.from(type < 8 ? [(type << 5) | short, ...long] : [short, type - 7, ...long]);
}
