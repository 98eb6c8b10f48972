/** What BIND, Knot and NSD make of the lines of the corpus, octet for octet. */
import { expect, test, vi } from 'vitest';
import { rdataKey } from '../../../src/rdata/rdata.ts';
import { RdataError } from '../../../src/rdata/rdata-error.ts';
import { recordTypeNumber } from '../../../src/rdata/record-type.ts';
import { tokenize } from '../../../src/rdata/token.ts';
import { readWithBind } from '../../rdata/corpus/bind.ts';
import {
  type CorpusRecord,
  corpusFile,
  ourRdata,
  readCorpus,
  recordAtOwner,
} from '../../rdata/corpus/corpus.ts';
import { startKnot, startNsd } from '../../rdata/corpus/servers.ts';
import { transfer } from '../../rdata/corpus/transfer.ts';
import type { Resolver } from '../../support/server/resolver.ts';

const corpus = readCorpus();
/** Records that we read, and another server, too. */
const readBy = (letter: string) => corpus.filter(({ isRead, differ }) => isRead && !differ.includes(letter));
const lines = (records: readonly CorpusRecord[], of: (record: CorpusRecord, index: number) => string) =>
  records.map((record, index) => `${record.place} ${of(record, index)}`);
const hex = (octets: Uint8Array | undefined) => octets && Buffer.from(octets).toString('hex');

/** Whether a quote or parenthesis is open at the end, so that it takes the lines behind it with it. */
function isOpen({ text }: CorpusRecord): boolean {
  try {
    tokenize(text);
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(RdataError);
    return true;
  }
}

test('BIND reads the same octets', () => {
  const records = readBy('b');
  const { rdata, said } = readWithBind(corpusFile(records));
  expect(rdata.size, said).toBe(records.length);
  const same = records.filter(({ differ }) => !differ.includes('B'));
  expect(lines(same, (record) => `${hex(rdata.get(records.indexOf(record)))}`)).toEqual(
    lines(same, (record) => `${hex(ourRdata(record))}`),
  );
});

test('BIND refuses what we refuse, and reads what is marked', () => {
  const refused = corpus.filter(({ isRead, differ }) => isRead === differ.includes('b'));
  // BIND does not go through a file of all of them.
  const files = Map.groupBy(
    refused.filter((record) => !isOpen(record)),
    ({ place }) => place.split(':')[0],
  );
  for (const records of files.values()) {
    const found = new Set(readWithBind(corpusFile(records)).refused);
    expect(
      lines(
        records.filter((_, index) => !found.has(index)),
        ({ text }) => text,
      ),
    ).toEqual([]);
  }
  const alone = refused.filter(isOpen).filter((record) => readWithBind(corpusFile([record])).rdata.size > 0);
  expect(lines(alone, ({ text }) => text)).toEqual([]);
  const onlyBind = corpus.filter(({ isRead, differ }) => !isRead && differ.includes('b'));
  expect(readWithBind(corpusFile(onlyBind)).rdata.size).toBe(onlyBind.length);
});

test.each([
  { name: 'Knot', letter: 'k', start: startKnot },
  { name: 'NSD', letter: 'n', start: startNsd },
])('$name reads the same octets', async ({ letter, start }) => {
  const records = readBy(letter).filter(({ differ }) => !differ.includes(letter.toUpperCase()));
  const server = await start(corpusFile(records).text);
  try {
    const found = await transferred(server);
    // Both fold the case of names when they load a zone.
    const keyOf = (record: CorpusRecord, rdata: Uint8Array | undefined) =>
      rdata && hex(Buffer.from(rdataKey(recordTypeNumber(record.type)!, rdata), 'latin1'));
    expect(lines(records, (record, index) => `${keyOf(record, found.get(index))}`)).toEqual(
      lines(records, (record) => `${keyOf(record, ourRdata(record))}`),
    );
  } finally {
    await server.stop();
  }
});

/** The rdata of each record by its index, once the server has loaded the zone. */
async function transferred(server: Resolver): Promise<Map<number, Uint8Array>> {
  const records = await vi.waitFor(() => transfer(server, 'example.org'), { timeout: 20_000 });
  return new Map(
    records.flatMap(({ owner, rdata }) => {
      const index = recordAtOwner(owner);
      return index === undefined ? [] : [[index, rdata] as const];
    }),
  );
}
