import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import type { StreamListener } from '../../../src/serve/stream/accept.ts';
import {
  ANSWER_BUFFER_OCTETS,
  createAnswerBuffer,
  FRAME_OCTETS_MAX,
} from '../../../src/serve/stream/answer-buffer.ts';
import { startTcp } from '../../../src/serve/stream/tcp.ts';
import { startDot } from '../../../src/serve/tls/dot.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { clientOver, connectTo, disconnectAll } from '../encrypted/stream-client.ts';
import { streamOptions } from '../listen/listening.ts';

const certificates = makeCertificates();
const certificate = { cert: Buffer.from(certificates.good.cert), key: Buffer.from(certificates.good.key) };

let listener: StreamListener | undefined;
afterEach(async () => {
  disconnectAll();
  await listener?.stop();
});

test('kept answers stay, and the longest message has room after them or in another buffer', () => {
  const answers = createAnswerBuffer();
  const first = answers.octets;
  answers.keep(100);
  expect([answers.octets, answers.start]).toEqual([first, 100]);
  answers.keep(ANSWER_BUFFER_OCTETS - FRAME_OCTETS_MAX);
  expect(answers.octets).toBe(first);
  answers.keep(ANSWER_BUFFER_OCTETS - FRAME_OCTETS_MAX + 1);
  expect(answers.octets).not.toBe(first);
  expect([answers.octets.length, answers.start]).toEqual([ANSWER_BUFFER_OCTETS, 0]);
});

const TRANSPORTS = [
  { of: 'TCP', start: () => startTcp(streamOptions()), connectHere: connectTo },
  {
    of: 'TLS',
    start: () => startDot({ ...streamOptions(), certificate }),
    async connectHere({ address, port }: StreamListener) {
      const socket = connect({ host: address, port, ca: certificates.authority });
      const client = clientOver(socket);
      await once(socket, 'secureConnect');
      return client;
    },
  },
];

test.each(TRANSPORTS)(
  'over $of, answers that wait for a slow client are not changed by answers to others',
  async ({ start, connectHere }) => {
    listener = await start();
    const slow = await connectHere(listener);
    const others = [await connectHere(listener), await connectHere(listener)];
    const big = (id: number) => queryPacket({ name: 'big.example.org', type: 'TXT', id });
    const expected = await others[0]!.ask(big(0));
    slow.socket.pause();
    const ids = Array.from({ length: 200 }, (_, id) => id);
    slow.send(...ids.map(big));
    // Two answers in one write, so that each octet of the second is elsewhere than in the answers that wait.
    for (let i = 0; i < 100; i += 1) {
      const other = others[i % 2]!;
      other.send(queryPacket({ name: `none-${i}.example.org`, id: 0xffff }), big(0xffff));
      for (let answer = 0; answer < 2; answer += 1) await other.next();
    }
    slow.socket.resume();
    for (const id of ids) {
      expected.writeUInt16BE(id, 0);
      expect((await slow.next()).equals(expected)).toBe(true);
    }
  },
);
