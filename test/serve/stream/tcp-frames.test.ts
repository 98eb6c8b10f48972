import { expect, test } from 'vitest';
import { createFrames, type Frames } from '../../../src/serve/stream/tcp-frames.ts';
import fc from '../../support/property.ts';

const message = fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets));

function framed(messages: readonly Buffer[]): Buffer {
  return Buffer.concat(
    messages.flatMap((each) => [Buffer.from([each.length >> 8, each.length & 0xff]), each]),
  );
}

/** The next whole message, copied; undefined: it has not all arrived. */
function nextOf(frames: Frames): Buffer | undefined {
  if (!frames.next()) return undefined;
  return Buffer.from(frames.octets.subarray(frames.at, frames.at + frames.length));
}

test('messages are complete and in order, however the stream is cut (RFC 1035 §4.2.2)', () => {
  fc.assert(
    fc.property(fc.array(message), fc.array(fc.nat(200)), (messages, cuts) => {
      const frames = createFrames();
      const seen: Buffer[] = [];
      let rest = framed(messages);
      const take = () => {
        for (let next = nextOf(frames); next !== undefined; next = nextOf(frames)) seen.push(next);
      };
      for (const cut of cuts) {
        frames.push(Buffer.from(rest.subarray(0, cut)));
        rest = rest.subarray(cut);
        take();
      }
      frames.push(rest);
      take();
      expect(seen).toEqual(messages);
    }),
  );
});

test('messages pushed while others wait come after them', () => {
  const frames = createFrames();
  frames.push(framed([Buffer.from('one'), Buffer.from('two')]));
  expect(nextOf(frames)?.toString()).toBe('one');
  frames.push(framed([Buffer.from('three')]));
  expect(nextOf(frames)?.toString()).toBe('two');
  expect(nextOf(frames)?.toString()).toBe('three');
  expect(nextOf(frames)).toBeUndefined();
});

test('a message of 65,535 octets may come in pieces of one octet', () => {
  const frames = createFrames();
  const long = Buffer.alloc(65_535, 7);
  let seen: Buffer | undefined;
  for (const octet of framed([long])) {
    frames.push(Buffer.of(octet));
    seen = nextOf(frames) ?? seen;
  }
  expect(seen).toEqual(long);
});

test('a message that arrives in one chunk is not copied', () => {
  const frames = createFrames();
  const chunk = framed([Buffer.from('one'), Buffer.from('two')]);
  frames.push(chunk);
  const seen: number[] = [];
  while (frames.next()) {
    expect(frames.octets).toBe(chunk);
    seen.push(frames.at, frames.length);
  }
  expect(seen).toEqual([2, 3, 7, 3]);
});
