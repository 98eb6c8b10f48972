import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { layoutOf } from '../../src/rdata/layout/record-types.ts';
import { rdataFromJson, rdataToJson } from '../../src/rdata/rdata.ts';
import { AUTHORED_TYPES, recordTypeNumber } from '../../src/rdata/record-type.ts';
import { rdataOf } from '../rdata/of-type.ts';
import { PROJECT } from '../support/source-tree.ts';

const page = readFileSync(`${PROJECT}docs/RECORDS.md`, 'utf8');
/** Rows of the table of types: mnemonic, example and members of `data`. */
const rows = [...page.matchAll(/^\| `([A-Z]+)` \| `(.*)` \| (.*) \|$/gm)].map(
  ([, type, example, members]) => ({
    type: type!,
    example: example!,
    members: [...members!.matchAll(/`(\w+)`/g)].map(([, member]) => member!),
  }),
);

test('the table has every type that can be written', () => {
  expect(rows.map(({ type }) => type)).toEqual(AUTHORED_TYPES);
});

test.each(rows)('$type $example has the fields of the table', ({ type, example, members }) => {
  const number = recordTypeNumber(type)!;
  const rdata = rdataOf(type, example);
  expect(layoutOf(number)!.members).toEqual(members);
  expect(Object.keys(rdataToJson(number, rdata)).toSorted()).toEqual(members.toSorted());
  expect(Buffer.from(rdataFromJson(number, rdataToJson(number, rdata)))).toEqual(Buffer.from(rdata));
});
