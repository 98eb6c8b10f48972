import { expect, test } from 'vitest';
import { ANSWERED_RECORDS_MAX } from '../../../src/dns/rrset.ts';
import { readName } from '../../../src/zone/authoring/records-at-name.ts';
import { RECORD_OCTETS, RRSET_OCTETS_MAX } from '../../../src/zone/authoring/zone-rules.ts';
import { dnsRecord } from '../../store/contract/samples.ts';
import fc, { draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';
import { zoneFile } from '../zone-file.ts';

const zone = zoneFile('example.org', '@ 60 NS ns1.example.net.');

/** A record of a type without a layout, of so many octets of rdata, of which the first ones number it. */
const ofOctets = (octets: number, i: number) => {
  const hex = `${i.toString(16).padStart(4, '0')}${'00'.repeat(octets - 2)}`;
  const value = dnsRecord(String(i), {
    name: 'www.example.org',
    type: 'TYPE65300',
    content: `\\# ${octets} ${hex}`,
  });
  return { id: value.id, revision: 1, value };
};

/** Octets that an answer needs for records of these octets of rdata, at the most. */
const answered = (sizes: readonly number[]) =>
  sizes
    .toSorted((a, b) => b - a)
    .slice(0, ANSWERED_RECORDS_MAX)
    .reduce((sum, octets) => sum + RECORD_OCTETS + octets, 0);

test(`a set takes the records with which its longest ones fit an answer (seed ${seed})`, () => {
  const nearBound = Math.floor(RRSET_OCTETS_MAX / ANSWERED_RECORDS_MAX) - RECORD_OCTETS;
  const anySizes = fc.array(fc.integer({ min: nearBound - 100, max: nearBound + 100 }), {
    minLength: ANSWERED_RECORDS_MAX - 2,
    maxLength: ANSWERED_RECORDS_MAX + 40,
  });
  fc.assert(
    fc.property(anySizes, (sizes) => {
      const taken: number[] = [];
      const tooLarge: string[] = [];
      for (const [i, octets] of sizes.entries()) {
        if (answered([...taken, octets]) <= RRSET_OCTETS_MAX) taken.push(octets);
        else tooLarge.push(String(i));
      }
      const { sets, leftOut } = readName(zone, [], sizes.map(ofOctets));
      expect(sets[0]?.rdata.map(({ length }) => length)).toEqual(taken);
      expect(leftOut.map(({ record, fault }) => `${record.id} ${fault}`)).toEqual(
        tooLarge.map((id) => `${id} too_large`),
      );
    }),
    { numRuns: draws(30) },
  );
});

test('the octets in the message are those of an answer with the record', () => {
  const sizes = [...Array<number>(ANSWERED_RECORDS_MAX).fill(627), 3_000];
  const { leftOut } = readName(zone, [], sizes.map(ofOctets));
  expect(leftOut).toMatchObject([
    { fault: 'too_large', message: expect.stringContaining(`${answered(sizes)} octets`) },
  ]);
});
