import { MessageError } from './codec.ts';
import { HEADER_OCTETS, POINTER, QUESTION_TAIL_OCTETS, RECORD_TAIL_OCTETS } from './header.ts';
import { NAME_OCTETS_MAX } from './name.ts';
import { Type } from './type.ts';

/** A record of a message. */
export interface SectionRecord {
  /** In wire form without compression, in the case it came in. */
  readonly owner: Uint8Array;
  readonly type: number;
  readonly ttlSeconds: number;
  /** Without compression. */
  readonly rdata: Uint8Array;
}

/** The records of a message, without OPT. */
export interface Sections {
  readonly answer: readonly SectionRecord[];
  readonly authority: readonly SectionRecord[];
  readonly additional: readonly SectionRecord[];
}

/** Octets before the names in rdata of the types whose names may be compressed (RFC 3597 §4), and how many names there are. */
const COMPRESSED: ReadonlyMap<number, { readonly before: number; readonly names: number }> = new Map([
  [Type.NS, { before: 0, names: 1 }],
  [Type.CNAME, { before: 0, names: 1 }],
  [Type.PTR, { before: 0, names: 1 }],
  [Type.DNAME, { before: 0, names: 1 }],
  [Type.SOA, { before: 0, names: 2 }],
  [Type.MX, { before: 2, names: 1 }],
]);

/** Reads the records of a message of this server. Throws MessageError for one that ends too soon, or whose names do not. */
export function readSections(message: Uint8Array): Sections {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  let at = HEADER_OCTETS;

  const need = (octets: number): void => {
    if (at + octets > message.length) throw new MessageError('ends within a record');
  };

  /** Reads a name where it is; pointers lead backwards only (RFC 1035 §4.1.4). */
  const name = (): Uint8Array => {
    const octets: number[] = [];
    let [from, position, after] = [at, at, -1];
    for (;;) {
      const length = message[position];
      if (length === undefined) throw new MessageError('ends within a name');
      if (length >= POINTER) {
        const target = ((length & ~POINTER) << 8) | (message[position + 1] ?? 0);
        if (target >= from) throw new MessageError('has a name that does not end');
        if (after === -1) after = position + 2;
        position = from = target;
        continue;
      }
      octets.push(...message.subarray(position, position + 1 + length));
      if (octets.length > NAME_OCTETS_MAX) throw new MessageError('has a name that is too long');
      position += 1 + length;
      if (length === 0) break;
    }
    at = after === -1 ? position : after;
    return Uint8Array.from(octets);
  };

  const rdata = (type: number, end: number): Uint8Array => {
    const { before = 0, names = 0 } = COMPRESSED.get(type) ?? {};
    const parts = [message.subarray(at, at + before)];
    at += before;
    for (let i = 0; i < names; i += 1) parts.push(name());
    if (at > end) throw new MessageError('has a name that does not fit its record');
    parts.push(message.subarray(at, end));
    at = end;
    return Uint8Array.from(Buffer.concat(parts));
  };

  const record = (): SectionRecord => {
    const owner = name();
    need(RECORD_TAIL_OCTETS);
    const [type, ttlSeconds, length] = [view.getUint16(at), view.getUint32(at + 4), view.getUint16(at + 8)];
    at += RECORD_TAIL_OCTETS;
    need(length);
    return { owner, type, ttlSeconds, rdata: rdata(type, at + length) };
  };

  if (message.length < HEADER_OCTETS) throw new MessageError('ends within its header');
  for (let count = view.getUint16(4); count > 0; count -= 1) {
    name();
    at += QUESTION_TAIL_OCTETS;
  }
  const section = (countAt: number) =>
    Array.from({ length: view.getUint16(countAt) }, record).filter(({ type }) => type !== Type.OPT);
  return { answer: section(6), authority: section(8), additional: section(10) };
}
