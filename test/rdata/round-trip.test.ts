import { describe, expect, test } from 'vitest';
import { LAID_OUT_TYPES } from '../../src/rdata/layout/record-types.ts';
import { parseRdata, printRdata, rdataFromJson, rdataKey, rdataToJson } from '../../src/rdata/rdata.ts';
import { RdataError } from '../../src/rdata/rdata-error.ts';
import { recordTypeName, recordTypeNumber } from '../../src/rdata/record-type.ts';
import fc, { draws } from '../support/property.ts';
import { DATA } from './arbitrary-data.ts';

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');

test('there is data of every type', () => {
  expect(Object.keys(DATA).toSorted()).toEqual(LAID_OUT_TYPES.map(recordTypeName).toSorted());
});

describe('any rdata is the same after it', () => {
  test.each(Object.keys(DATA))('%s', (mnemonic) => {
    const type = recordTypeNumber(mnemonic)!;
    fc.assert(
      fc.property(DATA[mnemonic]!, (data) => {
        const rdata = rdataFromJson(type, data);
        const printed = printRdata(type, rdata);
        expect(printed).not.toMatch(/^\\#/);
        // Any server and any store keeps printable ASCII.
        expect(printed).toMatch(/^[ -~]*$/);
        expect(hex(parseRdata(type, printed))).toBe(hex(rdata));
        const json = JSON.parse(JSON.stringify(rdataToJson(type, rdata)));
        expect(hex(rdataFromJson(type, json))).toBe(hex(rdata));
        expect(rdataToJson(type, rdataFromJson(type, json))).toEqual(rdataToJson(type, rdata));
        const generic = `\\# ${rdata.length} ${hex(rdata)}`;
        expect(hex(parseRdata(type, generic))).toBe(hex(rdata));
      }),
    );
  });
});

describe('any octets', () => {
  const types = fc.constantFrom(...LAID_OUT_TYPES, 65_280);
  const mutated = fc
    .tuple(fc.constantFrom(...Object.keys(DATA)), fc.nat(), fc.uint8Array({ maxLength: 6 }))
    .chain(([mnemonic, at, octets]) =>
      DATA[mnemonic]!.map((data) => {
        const rdata = rdataFromJson(recordTypeNumber(mnemonic)!, data);
        const from = at % (rdata.length + 1);
        const changed = Buffer.concat([
          rdata.subarray(0, from),
          octets,
          rdata.subarray(from + octets.length),
        ]);
        return { type: recordTypeNumber(mnemonic)!, octets: changed };
      }),
    );
  const any = fc.record({ type: types, octets: fc.uint8Array({ maxLength: 400 }) });

  test('are printed, and what is printed in the form of the type is read as the same octets', () => {
    fc.assert(
      fc.property(fc.oneof(any, mutated), ({ type, octets }) => {
        const printed = printRdata(type, octets);
        expect(typeof rdataKey(type, octets)).toBe('string');
        if (printed.startsWith('\\#')) expect(printed).toMatch(/^\\# \d+( [0-9a-f]+)?$/);
        else expect(hex(parseRdata(type, printed))).toBe(hex(octets));
      }),
      { numRuns: draws(2_000) },
    );
  });

  test('are the data of the API, or are refused with an RdataError', () => {
    fc.assert(
      fc.property(fc.oneof(any, mutated), ({ type, octets }) => {
        try {
          const json = rdataToJson(type, octets);
          expect(hex(rdataFromJson(type, JSON.parse(JSON.stringify(json))))).toBe(hex(octets));
        } catch (error) {
          expect(error).toBeInstanceOf(RdataError);
        }
      }),
      { numRuns: draws(2_000) },
    );
  });
});
