import { describe, expect, test, vi } from 'vitest';
import {
  createConnectionLimits,
  type Place,
  STALLED_MS,
  UNCLAIMED_MAX,
} from '../../../src/serve/stream/connection-limits.ts';

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

describe('the connection that is closed for a new one', () => {
  test('is the one that has been idle longest', () => {
    const { connect, closed } = limited(3);
    const [a, b, c] = [connect('a')!, connect('b')!, connect('c')!];
    for (const each of [b, c, a]) each.setBusy(true);
    for (const each of [c, a, b]) each.setBusy(false);
    for (const name of ['d', 'e', 'f']) connect(name);
    expect(closed).toEqual(['c', 'a', 'b']);
  });

  test('is never a busy one', () => {
    const { connect, closed, limits } = limited(2);
    for (const name of ['a', 'b']) connect(name)!.setBusy(true);
    expect(connect('c')).toBeUndefined();
    expect(closed).toEqual([]);
    expect(limits).toMatchObject({ open: 2, refused: 1, displaced: 0 });
  });

  test('belongs to the same client at the limit of a client', () => {
    const { connect, closed } = limited(10, 2);
    connect('other', ipv4(2));
    for (const name of ['a', 'b', 'c']) connect(name);
    expect(closed).toEqual(['a']);
  });

  test('is the only connection of a client with a limit of one', () => {
    const { connect, closed, limits } = limited(10, 1);
    for (const name of ['a', 'b', 'c']) connect(name);
    expect(closed).toEqual(['a', 'b']);
    expect(limits.open).toBe(1);
  });

  test('is closed by its replaced close function', () => {
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
  ])('$of: the same client $same', ({ first, second, same }) => {
    const { connect, closed } = limited(10, 1);
    connect('first', first);
    connect('second', second);
    expect(closed).toEqual(same ? ['first'] : []);
  });

  test('that is refused uses no place', () => {
    const { connect, limits } = limited(10, 1);
    const busy = connect('a')!;
    busy.setBusy(true);
    expect(connect('b')).toBeUndefined();
    expect(limits.open).toBe(1);
    busy.leave();
    expect(connect('c')).toBeDefined();
  });
});

test('leaving twice counts once', () => {
  const { connect, limits } = limited(2);
  const place = connect('a')!;
  connect('b');
  place.leave();
  place.leave();
  place.setBusy(false);
  expect(limits.open).toBe(1);
});

describe('unfinished messages: a connection is closed by its age and progress', () => {
  function timed(connectionsMax: number, connectionsPerClientMax = connectionsMax) {
    let nowMs = 0;
    const limits = createConnectionLimits({ connectionsMax, connectionsPerClientMax }, () => nowMs);
    const closed: string[] = [];
    return {
      limits,
      closed,
      pass(ms: number) {
        nowMs += ms;
      },
      connect(name: string, client = ipv4(1)): Place | undefined {
        const place = limits.admit(() => closed.push(name));
        if (place?.claim(client)) return place;
        place?.leave();
        return undefined;
      },
    };
  }

  test('the oldest connection without a complete message is closed first, before any idle one', () => {
    const { connect, closed, pass } = timed(4);
    connect('idle')!.progress();
    for (const name of ['half', 'half 2']) connect(name)!.setBusy(true);
    connect('silent');
    pass(STALLED_MS);
    for (let i = 0; i < 3; i += 1) connect('new')!.progress();
    expect(closed).toEqual(['half', 'half 2', 'silent']);
    connect('last');
    expect(closed.at(-1)).toBe('idle');
  });

  test('a stalled connection is closed when none is idle, but not before STALLED_MS', () => {
    const { connect, closed, limits, pass } = timed(2);
    const [slow, quick] = [connect('slow')!, connect('quick')!];
    for (const each of [quick, slow]) {
      each.progress();
      each.setBusy(true);
    }
    pass(STALLED_MS - 1);
    expect(connect('early')).toBeUndefined();
    // It says again that it is busy, which is no progress; the other gets on.
    slow.setBusy(true);
    quick.progress();
    pass(1);
    expect(connect('late')).toBeDefined();
    expect(closed).toEqual(['slow']);
    expect(limits).toMatchObject({ open: 2, refused: 1, displaced: 1 });
  });

  test('at the total limit a connection of the client with the most is closed, however new it is', () => {
    const { connect, closed } = timed(6, 5);
    const few = connect('few', ipv4(2))!;
    few.progress();
    for (let i = 0; i < 5; i += 1) connect(`many ${i}`)!.setBusy(true);
    connect('newcomer', ipv4(3));
    expect(closed).toEqual(['many 0']);
    // Who was displaced comes back at once, at the cost of his own.
    connect('many again')!.setBusy(true);
    expect(closed).toEqual(['many 0', 'many 1']);
  });

  test('if each client has one connection, the oldest one without progress is closed', () => {
    const { connect, closed, pass } = timed(3);
    for (const last of [1, 2, 3]) connect(`of ${last}`, ipv4(last))!.setBusy(true);
    expect(connect('early', ipv4(4))).toBeUndefined();
    pass(STALLED_MS);
    expect(connect('late', ipv4(4))).toBeDefined();
    expect(closed).toEqual(['of 1']);
  });

  test('up to UNCLAIMED_MAX connections without a proxy header may exceed the limit', () => {
    const limits = createConnectionLimits({ connectionsMax: 2, connectionsPerClientMax: 2 }, () => 0);
    const places = Array.from({ length: 2 + UNCLAIMED_MAX }, () => limits.admit(() => undefined)!);
    expect(limits).toMatchObject({ open: 2 + UNCLAIMED_MAX, displaced: 0 });
    limits.admit(() => undefined);
    expect(limits).toMatchObject({ open: 2 + UNCLAIMED_MAX, displaced: 1 });
    for (const place of places) place.leave();
    expect(limits.open).toBe(1);
  });
});
