import { expect } from 'vitest';
import { nodeImage } from '../../../src/answer/compile/image.ts';
import {
  AnswerField,
  answerOf,
  NodeKind,
  octetOf,
  recordsAt,
  Selection,
} from '../../../src/answer/layout.ts';
import { newQuery } from '../../../src/answer/query.ts';
import { findNode, findPool, type TableReader } from '../../../src/answer/reader.ts';
import { parseName, type WireName } from '../../../src/dns/name.ts';
import { Type } from '../../../src/dns/type.ts';
import { askFor } from '../asked-name.ts';

const query = newQuery();

/** Rdata that says which version it is, in every octet of a run that may be long enough to fill an arena soon. */
export function rdataOf(version: number, octets: number): Uint8Array {
  return Uint8Array.from({ length: octets }, (_, i) => (version * 31 + i) & 0xff);
}
/** The answer of a TXT record. */
export function txtOf(owner: WireName, rdata: Uint8Array) {
  const rrset = { owner, type: Type.TXT, ttlSeconds: 1, rdata: [rdata] };
  return { sets: [{ section: 0 as const, rrset }], selection: Selection.FIXED };
}
/** The image of a node with a TXT record. */
export function imageOf(name: WireName, rdata: Uint8Array): Int32Array {
  const answers = [{ type: Type.TXT, answer: txtOf(name, rdata) }];
  return nodeImage({ name, kind: NodeKind.DATA, zone: 0, answers });
}

/** The rdata of a node's or a zone's answer. */
export function rdataAt(reader: TableReader, answer: number): Uint8Array {
  const from = octetOf(recordsAt(answer)) + 12;
  return reader.octets.slice(from, from + reader.words[answer + AnswerField.OCTETS]! - 12);
}
/** The rdata that a table has for a name. */
export function read(reader: TableReader, name: WireName): Uint8Array | undefined {
  const node = findNode(reader, askFor(query, name), 0);
  return node === 0 ? undefined : rdataAt(reader, answerOf(reader.words, node, Type.TXT));
}

/** A pool's image: its answer says which version it is. */
export function poolImageOf(i: number, rdata: Uint8Array): Int32Array {
  const name = poolName(i);
  const answers = [{ type: Type.TXT, answer: txtOf(name, rdata) }];
  return nodeImage({ name, kind: NodeKind.POOL, answers });
}
/** The name of a pool by itself. */
export const poolName = (i: number) => parseName(`p${i}`);
/** The rdata that a table has for a pool. */
export function readPool(reader: TableReader, i: number): Uint8Array | undefined {
  const node = findPool(reader, askFor(query, parseName(`p${i}.pools.example.org`)));
  return node === 0 ? undefined : rdataAt(reader, answerOf(reader.words, node, Type.TXT));
}

/** Fails unless both are the same octets or both undefined. */
export function expectSame(found: Uint8Array | undefined, wanted: Uint8Array | undefined): void {
  if (found && wanted ? Buffer.compare(found, wanted) !== 0 : found !== wanted) expect(found).toEqual(wanted);
}
