/** Answers that are kept for the next start: what is written is read, and nothing else is. TEST_SEED repeats a run. */

import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { answerImage, nodeImage } from '../../../src/answer/compile/image.ts';
import {
  AnswerField,
  answerOf,
  LAYOUT,
  NodeKind,
  octetOf,
  recordsAt,
  Selection,
} from '../../../src/answer/layout.ts';
import { newQuery } from '../../../src/answer/query.ts';
import { findNode, openTable, type TableReader } from '../../../src/answer/reader.ts';
import { createTable, type TableBuffers, type TableOptions } from '../../../src/answer/table.ts';
import { parseName } from '../../../src/dns/name.ts';
import { Type } from '../../../src/dns/type.ts';
import {
  HEAD_OCTETS,
  READ_WITHIN_MS,
  readSaved,
  SAVED_AGE_MS_MAX,
  SAVED_OCTETS_MAX,
  sumOf,
} from '../../../src/serve/saved/format.ts';
import { readSavedAnswers } from '../../../src/serve/saved/read.ts';
import {
  type AnswerSaver,
  CONFIRM_INTERVAL_MS,
  SAVE_INTERVAL_MS,
  type Shown,
  saveAnswers,
} from '../../../src/serve/saved/save.ts';
import { askFor } from '../../answer/asked-name.ts';
import fc, { draws } from '../../support/property.ts';

const FINGERPRINT = 'f'.repeat(64);
const here = () => ({ fingerprint: FINGERPRINT, epochMs: Date.now() });
const query = newQuery();
const nameOf = (i: number) => parseName(`n${i}.example.org`);

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-kept-'));
  path = join(directory, 'answers');
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
});

function txt(i: number, text: string) {
  const rdata = Uint8Array.from([text.length, ...Buffer.from(text)]);
  const rrset = { owner: nameOf(i), type: Type.TXT, ttlSeconds: 1, rdata: [rdata] };
  return { sets: [{ section: 0 as const, rrset }], selection: Selection.FIXED };
}
function imageOf(i: number, text: string): Int32Array {
  return nodeImage({
    name: nameOf(i),
    kind: NodeKind.DATA,
    zone: 0,
    answers: [{ type: Type.TXT, answer: txt(i, text) }],
  });
}

/** The text that a table has for a name. */
function textAt(reader: TableReader, i: number): string | undefined {
  const node = findNode(reader, askFor(query, nameOf(i)), 0);
  if (node === 0) return undefined;
  const answer = answerOf(reader.words, node, Type.TXT);
  const octets = reader.words[answer + AnswerField.OCTETS]!;
  const from = octetOf(recordsAt(answer));
  return Buffer.from(reader.octets.slice(from + 13, from + octets)).toString();
}
const textsOf = (buffers: TableBuffers, names: number) => {
  const reader = openTable(buffers);
  return Array.from({ length: names }, (_, i) => textAt(reader, i));
};

/** A table that is kept, and what it says that it shows. */
function kept(options: TableOptions = {}) {
  const table = createTable(options);
  let shown: Shown | undefined;
  let newest = 0;
  const failed = vi.fn();
  const keeping: AnswerSaver = saveAnswers({
    path,
    fingerprint: FINGERPRINT,
    table,
    generation: () => newest,
    shown: () => shown,
    failed,
  });
  onTestFinished(() => keeping.stop());
  return {
    table,
    failed,
    keeping,
    publish(generation: number, revision = generation, untilMs?: number) {
      table.publish(generation);
      newest = generation;
      shown = { epoch: 'e', revision, ...(untilMs === undefined ? {} : { untilMs }) };
    },
    /** Another generation begins, which is not whole. */
    begin: () => {
      newest += 1;
      shown = undefined;
    },
  };
}
const read = (nowMs = Date.now()) => readSavedAnswers({ path, fingerprint: FINGERPRINT }, nowMs);

describe('saved answers', () => {
  test('are read as they were written, after any changes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(40), fc.option(fc.stringMatching(/^[a-z]{0,200}$/), { nil: undefined })), {
          maxLength: 200,
        }),
        async (ops) => {
          const { table, publish, keeping } = kept();
          table.setZone(3, answerImage(nameOf(0), txt(0, 'negative')));
          table.setSerial(3, 0xffff_fff0);
          for (const [i, text] of ops)
            if (text === undefined) table.remove(nameOf(i));
            else table.put(imageOf(i, text));
          publish(7, 12);
          await keeping.stop();
          const found = read()!;
          expect(found).toMatchObject({ epoch: 'e', revision: 12 });
          expect(textsOf(found.buffers, 41)).toEqual(textsOf(table.buffers, 41));
          const [now, then] = [openTable(table.buffers), openTable(found.buffers)];
          expect(then.generation[0]).toBe(7);
          expect([...then.zones]).toEqual([...now.zones]);
        },
      ),
      { numRuns: draws(20) },
    );
  });

  test('can only be read by their owner', async () => {
    const { publish, keeping } = kept();
    publish(1);
    await keeping.stop();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('are not used with another fingerprint', async () => {
    const { publish, keeping } = kept();
    publish(1);
    await keeping.stop();
    expect(readSavedAnswers({ path, fingerprint: 'e'.repeat(64) }, Date.now())).toBeUndefined();
    expect(read()).toBeDefined();
  });

  test('are not used if an octet is changed, missing or added', async () => {
    const { table, publish, keeping } = kept();
    for (let i = 0; i < 40; i += 1) table.put(imageOf(i, 'x'.repeat(i)));
    publish(1);
    await keeping.stop();
    const whole = readFileSync(path);
    const readFrom = (octets: Buffer) =>
      readSaved(octets.length, here(), (into, at) => into.set(octets.subarray(at, at + into.length)));
    expect(readFrom(whole)).toBeDefined();
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= flip;
        expect(readFrom(damaged)).toBeUndefined();
      }),
      { numRuns: draws(200) },
    );
    for (let at = 0; at < HEAD_OCTETS; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1;
      expect(readFrom(damaged), `octet ${at}`).toBeUndefined();
    }
    for (const length of [0, 1, HEAD_OCTETS - 1, HEAD_OCTETS, HEAD_OCTETS + 1, whole.length - 1])
      expect(readFrom(whole.subarray(0, length)), `${length} octets`).toBeUndefined();
    expect(readFrom(Buffer.concat([whole, Buffer.alloc(4)]))).toBeUndefined();
    expect(readSaved(SAVED_OCTETS_MAX + 1, here(), () => expect.fail())).toBeUndefined();
  });

  test.each([
    ['with another layout', `"layout":${LAYOUT}`, `"layout":${LAYOUT - 1}`],
    ['from a machine with another byte order', /"order":\d/, '"order":9'],
    ['with an invalid size', /"index":\d+/, '"index":-4'],
    ['without an object', /^\{.*\}/, 'null'],
  ])('are not used from a file %s', async (_, what, other) => {
    const { publish, keeping } = kept();
    publish(1);
    await keeping.stop();
    const whole = readFileSync(path);
    const text = whole.toString('latin1', 0, HEAD_OCTETS - 9).trimEnd();
    const line = Buffer.from(text.replace(what, other).padEnd(HEAD_OCTETS - 9));
    const rest = whole.subarray(HEAD_OCTETS);
    writeFileSync(path, Buffer.concat([line, sumOf(crc32(line, crc32(rest))), rest]));
    expect(read()).toBeUndefined();
  });

  test('are undefined without a file, or with a directory', () => {
    expect(read()).toBeUndefined();
    expect(readSavedAnswers({ path: directory, fingerprint: FINGERPRINT }, Date.now())).toBeUndefined();
  });

  test('with a FIFO in place of the file blocked the start', () => {
    execFileSync('mkfifo', [path]);
    expect(read()).toBeUndefined();
  });

  test('are not used after a verdict changed by the clock, or after the clock was set back', async () => {
    const { publish, keeping } = kept();
    const beforeMs = Date.now();
    const untilMs = beforeMs + 60_000;
    publish(1, 1, untilMs);
    await keeping.stop();
    expect(read(untilMs - READ_WITHIN_MS - 1)).toBeDefined();
    expect(read(untilMs - READ_WITHIN_MS)).toBeUndefined();
    expect(read(beforeMs - 1)).toBeUndefined();
  });

  test('are not used when they are older than SAVED_AGE_MS_MAX', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const keptMs = Date.now();
    const { publish, keeping } = kept();
    publish(1);
    await keeping.stop();
    expect(read(keptMs + SAVED_AGE_MS_MAX)).toBeDefined();
    expect(read(keptMs + SAVED_AGE_MS_MAX + 1)).toBeUndefined();
  });

  test('were not used by a start after the table had stayed the same for longer than SAVED_AGE_MS_MAX', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { table, publish, keeping } = kept();
    table.put(imageOf(1, 'quiet'));
    publish(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.waitFor(() => expect(read()?.revision).toBe(1));
    await keeping.stop();
    vi.setSystemTime(Date.now() + 2 * SAVED_AGE_MS_MAX);
    expect(read()).toBeUndefined();
    await keeping.stop();
    expect(textsOf(read()!.buffers, 2)).toEqual([undefined, 'quiet']);
  });
});

describe('saving answers', () => {
  test('ends with the last answers or with none, and keeps the file while nothing was published', async () => {
    const first = kept();
    first.publish(1);
    await first.keeping.stop();
    await kept().keeping.stop();
    expect(read()!.revision).toBe(1);
    const second = kept();
    second.table.put(imageOf(1, 'half'));
    second.begin();
    await second.keeping.stop();
    expect(read()).toBeUndefined();
  });

  test('writes only changed answers, every SAVE_INTERVAL_MS', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { table, publish, keeping } = kept();
    await vi.advanceTimersByTimeAsync(2 * SAVE_INTERVAL_MS);
    expect(existsSync(path)).toBe(false);
    publish(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.waitFor(() => expect(read()?.revision).toBe(1));
    rmSync(path);
    await vi.advanceTimersByTimeAsync(2 * SAVE_INTERVAL_MS);
    await new Promise((resolve) => setImmediate(resolve));
    expect(existsSync(path)).toBe(false);
    table.put(imageOf(1, 'more'));
    publish(2);
    await vi.advanceTimersByTimeAsync(1_000);
    await vi.waitFor(() => expect(read()?.revision).toBe(2));
    publish(3);
    await vi.advanceTimersByTimeAsync(SAVE_INTERVAL_MS - 1_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(read()!.revision).toBe(2);
    await vi.advanceTimersByTimeAsync(2_000);
    await vi.waitFor(() => expect(read()?.revision).toBe(3));
    await keeping.stop();
  });

  test('confirms answers that stay as they are every CONFIRM_INTERVAL_MS, for a process that ends suddenly', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { publish } = kept();
    publish(1);
    await vi.advanceTimersByTimeAsync(1_000);
    const keptMs = () => Number(/"keptMs":(\d+)/.exec(readFileSync(path, 'latin1'))?.[1]);
    await vi.waitFor(() => expect(read()?.revision).toBe(1));
    const beginMs = keptMs();
    await vi.advanceTimersByTimeAsync(CONFIRM_INTERVAL_MS - 2_000);
    expect(keptMs()).toBe(beginMs);
    await vi.advanceTimersByTimeAsync(4_000);
    await vi.waitFor(() => expect(keptMs()).toBeGreaterThanOrEqual(beginMs + CONFIRM_INTERVAL_MS));
    expect(read()).toBeDefined();
  });

  test('writes a file again that somebody removed', async () => {
    const { publish, keeping } = kept();
    publish(1);
    await keeping.stop();
    rmSync(path);
    await keeping.stop();
    expect(read()?.revision).toBe(1);
  });

  test('gives up when the table moves meanwhile and its memory is reused', async () => {
    const { table, publish, keeping } = kept();
    publish(1);
    const stopped = keeping.stop();
    await new Promise((resolve) => setImmediate(resolve));
    // More than the first arena holds.
    for (let i = 0; i < 9_000; i += 1) table.put(imageOf(i, 'x'.repeat(200)));
    publish(2);
    await stopped;
    expect(existsSync(path)).toBe(false);
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  test('gives up when the table moves twice and is at its old place again', async () => {
    const { table, publish, keeping } = kept({ hasAdopted: () => true });
    table.put(imageOf(0, 'before'));
    publish(1);
    const { arena } = table.buffers;
    const stopped = keeping.stop();
    await new Promise((resolve) => setImmediate(resolve));
    for (let generation = 2; generation < 4; generation += 1) {
      const was = table.buffers.arena;
      for (let n = 0; table.buffers.arena === was; n += 1) table.put(imageOf(0, `later${n}`));
      publish(generation);
    }
    expect(table.buffers.arena).toBe(arena);
    await stopped;
    expect(existsSync(path)).toBe(false);
  });

  test('reports once that it cannot save, and does no harm', async () => {
    const { publish, keeping, failed } = kept();
    rmSync(directory, { recursive: true });
    publish(1);
    await keeping.stop();
    await keeping.stop();
    expect(failed).toHaveBeenCalledTimes(1);
    expect(failed.mock.calls[0]![0]).toMatchObject({ code: 'ENOENT' });
  });

  test('removes the old file when it cannot save, so that old answers are never served', async () => {
    const first = kept();
    first.publish(1);
    await first.keeping.stop();
    mkdirSync(`${path}.new/in-the-way`, { recursive: true });
    const second = kept();
    second.publish(2);
    await second.keeping.stop();
    expect(second.failed).toHaveBeenCalledOnce();
    expect(existsSync(path)).toBe(false);
  });

  test.each(['link', 'pipe'])('does not write through a %s at the place of the new file', async (what) => {
    const target = join(directory, 'target');
    writeFileSync(target, 'untouched');
    if (what === 'link') symlinkSync(target, `${path}.new`);
    else execFileSync('mkfifo', [`${path}.new`]);
    const { publish, keeping } = kept();
    publish(5);
    await keeping.stop();
    expect(read()!.revision).toBe(5);
    expect(lstatSync(path).isFile()).toBe(true);
    expect(readFileSync(target, 'utf8')).toBe('untouched');
  });
});
