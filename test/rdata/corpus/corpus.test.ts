import { describe, expect, test } from 'vitest';
import { parseRdata, printRdata, rdataFromJson, rdataToJson } from '../../../src/rdata/rdata.ts';
import { recordTypeNumber } from '../../../src/rdata/record-type.ts';
import { ourRdata, readCorpus } from './corpus.ts';

const corpus = readCorpus();
const hex = (octets: Uint8Array | undefined) => octets && Buffer.from(octets).toString('hex');
const shownOf = (rows: readonly { readonly place: string; readonly type: string; readonly text: string }[]) =>
  rows.map(({ place, type, text }) => `${place} ${type} ${text}`);

describe('the corpus', () => {
  test('has lines of all types', () => {
    expect(corpus.length).toBeGreaterThan(600);
    expect(new Set(corpus.map(({ type }) => type)).size).toBeGreaterThan(32);
  });

  test('is read and refused as its marks say', () => {
    const wrong = corpus.filter((record) => (ourRdata(record) !== undefined) !== record.isRead);
    expect(shownOf(wrong)).toEqual([]);
  });

  test('is printed in a form that is read as the same octets', () => {
    const wrong = corpus.filter((record) => {
      const [type, rdata] = [recordTypeNumber(record.type)!, ourRdata(record)];
      return rdata !== undefined && hex(parseRdata(type, printRdata(type, rdata))) !== hex(rdata);
    });
    expect(shownOf(wrong)).toEqual([]);
  });

  test('goes through JSON without a change', () => {
    const wrong = corpus.filter((record) => {
      const [type, rdata] = [recordTypeNumber(record.type)!, ourRdata(record)];
      if (rdata === undefined) return false;
      const data = JSON.parse(JSON.stringify(rdataToJson(type, rdata)));
      return hex(rdataFromJson(type, data)) !== hex(rdata);
    });
    expect(shownOf(wrong)).toEqual([]);
  });
});
