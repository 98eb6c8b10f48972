import { describe, expect, test } from 'vitest';
import { openTable } from '../../../src/answer/reader.ts';
import { ARENA_WORDS_MAX, arenaWordsFor, createTable } from '../../../src/answer/table.ts';
import { formatName, parseName } from '../../../src/dns/name.ts';
import { Type } from '../../../src/dns/type.ts';
import { asking } from '../answering.ts';
import { expectSame, imageOf, rdataOf, read } from './txt-nodes.ts';

const NAME = parseName('n0.example.org');

describe('how large an arena may be', () => {
  test('the bound, and one word past it', () => {
    expect(arenaWordsFor(ARENA_WORDS_MAX)).toBe(ARENA_WORDS_MAX);
    expect(() => arenaWordsFor(ARENA_WORDS_MAX + 1)).toThrow(
      new RangeError('the table of answers is full: 4294967300 octets; 4294967296 at most'),
    );
  });

  test('a node past 2 GiB is found and read', () => {
    const at = 2 ** 29 + 100;
    const table = createTable();
    const rdata = Uint8Array.of(39, ...rdataOf(1, 39));
    const image = imageOf(NAME, rdata);
    table.put(image);
    const { buffers } = table;
    // Only the pages that are written take memory.
    const arena = new SharedArrayBuffer(2 ** 31 + 2 ** 16);
    new Int32Array(arena).set(image, at);
    const index = new Int32Array(buffers.index);
    index[index.findIndex((value, i) => i % 2 === 1 && value !== 0)] = at;
    table.publish(1);
    const reader = openTable({ ...buffers, arena });
    expectSame(read(reader, NAME), rdata);
    const { answer } = asking(reader).ask({ name: formatName(NAME), type: Type.TXT });
    expect(answer[0]!.rdata).toBe(Buffer.from(rdata).toString('hex'));
  });
});
