import { expect, test } from 'vitest';
import { EAGAIN, EINTR } from '../../../../src/serve/udp/socket/libc.ts';
import { sendBatch } from '../../../../src/serve/udp/socket/send-batch.ts';

const ENETUNREACH = 101;

/** Sends a batch of four to a kernel that says one thing after the other: how many it took, or an error. */
function send(...results: readonly (number | { readonly errno: number })[]) {
  let error = 0;
  const asked: string[] = [];
  const kernel = {
    sendmmsg(_fd: number, message: number, count: number) {
      asked.push(`${count} from ${message}`);
      const result = results[asked.length - 1]!;
      if (typeof result === 'number') return result;
      error = result.errno;
      return -1;
    },
  };
  const batch = { sentAt: (i: number) => i };
  return { lost: sendBatch(kernel, () => error, 3, batch, 4), asked };
}

// Loopback never runs out of room, so the kernel is played here.
test.each([
  { what: 'all at once', results: [4], lost: 0, asked: ['4 from 0'] },
  { what: 'in parts', results: [1, 3], lost: 0, asked: ['4 from 0', '3 from 1'] },
  {
    what: 'interrupted by a signal',
    results: [{ errno: EINTR }, 4],
    lost: 0,
    asked: ['4 from 0', '4 from 0'],
  },
  {
    what: 'without a route for one of them',
    results: [1, { errno: ENETUNREACH }, 2],
    lost: 1,
    asked: ['4 from 0', '3 from 1', '2 from 2'],
  },
  {
    what: 'without room: the rest is dropped at once',
    results: [1, { errno: EAGAIN }],
    lost: 3,
    asked: ['4 from 0', '3 from 1'],
  },
  {
    what: 'without a route and then without room',
    results: [{ errno: ENETUNREACH }, { errno: EAGAIN }],
    lost: 4,
    asked: ['4 from 0', '3 from 1'],
  },
])('a batch of answers is sent $what', ({ results, lost, asked }) => {
  expect(send(...results)).toEqual({ lost, asked });
});

test('an empty batch makes no call', () => {
  expect(
    sendBatch(
      {
        sendmmsg: () => {
          throw new Error('called');
        },
      },
      () => 0,
      3,
      { sentAt: (i) => i },
      0,
    ),
  ).toBe(0);
});
