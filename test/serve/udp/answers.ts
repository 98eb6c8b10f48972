import { nodeImage } from '../../../src/answer/compile/image.ts';
import { NodeKind, Selection } from '../../../src/answer/layout.ts';
import { createTable, type TableWriter } from '../../../src/answer/table.ts';
import { parseName } from '../../../src/dns/name.ts';
import { Type } from '../../../src/dns/type.ts';

export const OWNER = parseName('www.example.org');

/** A table that answers one address at www.example.org. */
export function tableAnswering(last: number, options?: Parameters<typeof createTable>[0]): TableWriter {
  const table = createTable(options);
  answerWith(table, last);
  table.publish(1);
  return table;
}

/** Makes the answer 192.0.2.`last`. */
export function answerWith(table: TableWriter, last: number): void {
  const rrset = { owner: OWNER, type: Type.A, ttlSeconds: 30, rdata: [Uint8Array.of(192, 0, 2, last)] };
  const answer = { sets: [{ section: 0 as const, rrset }], selection: Selection.FIXED };
  table.put(nodeImage({ name: OWNER, kind: NodeKind.DATA, zone: 0, answers: [{ type: Type.A, answer }] }));
}

/** A query for it, by its ID. */
export function queryWith(id: number): Buffer {
  const head = Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([head, OWNER, Buffer.from([0, Type.A, 0, 1])]);
}
