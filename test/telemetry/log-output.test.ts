import { describe, expect, test } from 'vitest';
import {
  createLogOutput,
  LOG_FLUSH_MAX_MS,
  LOG_RETRY_MS,
  LOG_WAITING_OCTETS_MAX,
} from '../../src/telemetry/log-output.ts';

/** A reader of the log with a clock of its own: it takes so many octets, or fails with a code. */
function startReader() {
  const reader = { room: Number.POSITIVE_INFINITY, code: 'EAGAIN', text: '', nowMs: 0, sleeps: 0 };
  const output = createLogOutput({
    write(octets) {
      const taken = octets.subarray(0, reader.room);
      if (taken.length === 0) throw Object.assign(new Error('cannot write'), { code: reader.code });
      reader.text += taken;
      reader.room -= taken.length;
      return taken.length;
    },
    monotonicMs: () => reader.nowMs,
    sleep(ms) {
      reader.nowMs += ms;
      reader.sleeps += 1;
    },
  });
  const told: number[] = [];
  output.onRecovery((dropped) => {
    told.push(dropped);
    output.write(`${dropped} dropped\n`);
  });
  return { reader, output, told };
}

test('a line is out before the call returns', () => {
  const { reader, output } = startReader();
  output.write('one\n');
  expect(reader.text).toBe('one\n');
});

test.each(['EAGAIN', 'ENOSPC', 'EPIPE', 'EIO'])(
  '%s: lines wait and come in their order, the rest of a line first (once: the process ended, or stood still)',
  (code) => {
    const { reader, output, told } = startReader();
    Object.assign(reader, { room: 2, code });
    for (const line of ['one\n', 'two\n', 'three\n']) output.write(line);
    expect(reader.text).toBe('on');
    reader.room = Number.POSITIVE_INFINITY;
    output.write('four\n');
    expect(reader.text).toBe('one\ntwo\nthree\nfour\n');
    expect([output.dropped, told]).toEqual([0, []]);
  },
);

test('lines that wait are written without another line', async () => {
  const { reader, output } = startReader();
  reader.room = 0;
  output.write('one\n');
  reader.room = 9;
  await expect.poll(() => reader.text, { interval: LOG_RETRY_MS }).toBe('one\n');
});

describe('at the bound', () => {
  const LINE = `${'x'.repeat(1_023)}\n`;
  const LINES = LOG_WAITING_OCTETS_MAX / LINE.length;

  test('as many lines as fit are dropped never, one more drops the oldest, and the number is logged once', () => {
    const { reader, output, told } = startReader();
    reader.room = 0;
    for (let i = 0; i < LINES; i += 1) output.write(LINE);
    expect(output.dropped).toBe(0);
    output.write('1\n');
    output.write('2\n');
    expect(output.dropped).toBe(1);
    for (let i = 0; i < 2; i += 1) output.write(LINE);
    expect([output.dropped, told]).toEqual([3, []]);
    reader.room = Number.POSITIVE_INFINITY;
    output.write('last\n');
    output.write('after\n');
    expect(reader.text).toBe(`${LINE.repeat(LINES - 3)}1\n2\n${LINE.repeat(2)}last\n3 dropped\nafter\n`);
    expect(told).toEqual([3]);
  });

  test('a line that is written in part is not dropped', () => {
    const { reader, output } = startReader();
    reader.room = 1;
    for (let i = 0; i <= LINES; i += 1) output.write(LINE);
    reader.room = Number.POSITIVE_INFINITY;
    output.write('last\n');
    expect(reader.text.startsWith(`${LINE}${LINE}`)).toBe(true);
    expect(reader.text.endsWith(`${LINE}last\n1 dropped\n`)).toBe(true);
  });

  test('a line that is longer than all that may wait is dropped, and the next one is not', () => {
    const { reader, output } = startReader();
    reader.room = 0;
    output.write(`${'x'.repeat(LOG_WAITING_OCTETS_MAX)}\n`);
    output.write('next\n');
    reader.room = Number.POSITIVE_INFINITY;
    output.flush();
    expect([reader.text, output.dropped]).toEqual(['next\n', 1]);
  });
});

describe('the end of the process', () => {
  test('waits for a slow reader', () => {
    const { reader, output } = startReader();
    reader.room = 0;
    output.write('last words\n');
    Object.defineProperty(reader, 'room', { get: () => (reader.sleeps > 3 ? 100 : 0), set: () => undefined });
    output.flush();
    expect(reader.text).toBe('last words\n');
  });

  test.each([
    { code: 'EAGAIN', waitsMs: LOG_FLUSH_MAX_MS },
    { code: 'ENOSPC', waitsMs: 0 },
    { code: 'EPIPE', waitsMs: 0 },
  ])('with $code it waits $waitsMs ms', ({ code, waitsMs }) => {
    const { reader, output } = startReader();
    Object.assign(reader, { room: 0, code });
    output.write('last words\n');
    output.flush();
    expect(reader.nowMs).toBe(waitsMs);
  });
});
