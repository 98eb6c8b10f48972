import { expect, test } from 'vitest';
import { createFrames } from '../../../src/serve/stream/tcp-frames.ts';
import fc from '../../support/property.ts';

const message = fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets));

function framed(messages: readonly Buffer[]): Buffer {
  return Buffer.concat(
    messages.flatMap((each) => [Buffer.from([each.length >> 8, each.length & 0xff]), each]),
  );
}

test('messages come out whole and in order, however the stream is cut (RFC 1035 §4.2.2)', () => {
  fc.assert(
    fc.property(fc.array(message), fc.array(fc.nat(200)), (messages, cuts) => {
      const frames = createFrames();
      const seen: Buffer[] = [];
      let rest = framed(messages);
      const take = () => {
        for (let next = frames.next(); next !== undefined; next = frames.next()) seen.push(Buffer.from(next));
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

test('what was pushed while messages were still waiting comes after them', () => {
  const frames = createFrames();
  frames.push(framed([Buffer.from('one'), Buffer.from('two')]));
  expect(frames.next()?.toString()).toBe('one');
  frames.push(framed([Buffer.from('three')]));
  expect(frames.next()?.toString()).toBe('two');
  expect(frames.next()?.toString()).toBe('three');
  expect(frames.next()).toBeUndefined();
});

test('a message of 65,535 octets in pieces of one octet', () => {
  const frames = createFrames();
  const long = Buffer.alloc(65_535, 7);
  let seen: Buffer | undefined;
  for (const octet of framed([long])) {
    frames.push(Buffer.of(octet));
    seen = frames.next() ?? seen;
  }
  expect(seen).toEqual(long);
});
