import { describe, expect, test, vi } from 'vitest';
import { createConnectionLimits, type Place } from '../../../src/serve/stream/connection-limits.ts';

const ipv4 = (last: number) => Uint8Array.of(192, 0, 2, last);
/** 2001:db8:0:`net`::`host` */
const ipv6 = (net: number, host: number) =>
  Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, net, 0, 0, 0, 0, 0, 0, 0, host);

/** Limits, and connections under them by name. */
function limited(connectionsMax: number, connectionsPerClientMax = connectionsMax) {
  const limits = createConnectionLimits({ connectionsMax, connectionsPerClientMax });
  const closed: string[] = [];
  return {
    limits,
    closed,
    /** A connection of the client; undefined: it was refused. */
    connect(name: string, client = ipv4(1)): Place | undefined {
      const place = limits.admit(() => closed.push(name));
      if (place?.claim(client)) return place;
      place?.leave();
      return undefined;
    },
  };
}

describe('who makes room', () => {
  test('the longest idle: order of the last change to idle', () => {
    const { connect, closed } = limited(3);
    const [a, b, c] = [connect('a')!, connect('b')!, connect('c')!];
    for (const each of [b, c, a]) each.setBusy(true);
    for (const each of [c, a, b]) each.setBusy(false);
    for (const name of ['d', 'e', 'f']) connect(name);
    expect(closed).toEqual(['c', 'a', 'b']);
  });

  test('never a busy one', () => {
    const { connect, closed, limits } = limited(2);
    for (const name of ['a', 'b']) connect(name)!.setBusy(true);
    expect(connect('c')).toBeUndefined();
    expect(closed).toEqual([]);
    expect(limits).toMatchObject({ open: 2, refused: 1, displaced: 0 });
  });

  test('one of the same client, when it is the client’s limit', () => {
    const { connect, closed } = limited(10, 2);
    connect('other', ipv4(2));
    for (const name of ['a', 'b', 'c']) connect(name);
    expect(closed).toEqual(['a']);
  });

  test('a client with one place changes over to the new connection', () => {
    const { connect, closed, limits } = limited(10, 1);
    for (const name of ['a', 'b', 'c']) connect(name);
    expect(closed).toEqual(['a', 'b']);
    expect(limits.open).toBe(1);
  });

  test('what replaced its way to close', () => {
    const { connect, limits } = limited(1);
    const place = connect('a')!;
    place.close = vi.fn();
    connect('b');
    expect(place.close).toHaveBeenCalledTimes(1);
    // It is gone already when it is told.
    place.leave();
    expect(limits.open).toBe(1);
  });
});

describe('a client', () => {
  test.each([
    { of: 'one IPv4 address', first: ipv4(1), second: ipv4(1), same: true },
    { of: 'another IPv4 address', first: ipv4(1), second: ipv4(2), same: false },
    { of: 'addresses of one IPv6 /64', first: ipv6(1, 1), second: ipv6(1, 2), same: true },
    { of: 'another IPv6 /64', first: ipv6(1, 1), second: ipv6(2, 1), same: false },
  ])('$of: the same is $same', ({ first, second, same }) => {
    const { connect, closed } = limited(10, 1);
    connect('first', first);
    connect('second', second);
    expect(closed).toEqual(same ? ['first'] : []);
  });

  test('that is refused takes no place away', () => {
    const { connect, limits } = limited(10, 1);
    const busy = connect('a')!;
    busy.setBusy(true);
    expect(connect('b')).toBeUndefined();
    expect(limits.open).toBe(1);
    busy.leave();
    expect(connect('c')).toBeDefined();
  });
});

test('leaving twice is leaving once', () => {
  const { connect, limits } = limited(2);
  const place = connect('a')!;
  connect('b');
  place.leave();
  place.leave();
  place.setBusy(false);
  expect(limits.open).toBe(1);
});
