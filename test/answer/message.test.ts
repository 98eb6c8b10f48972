import { expect, test } from 'vitest';
import { zoneFile } from '../zone/zone-file.ts';
import { answering, authorityOf, lines } from './answering.ts';
import { decode } from './decode.ts';
import { queryPacket } from './query-packet.ts';

const { responder } = answering(
  authorityOf([zoneFile('example.org', 'www 60 A 192.0.2.1\nwww 60 AAAA 2001:db8::1\nwww 60 TXT text')]),
);

test('an answer is written to any buffer, at any position', () => {
  const memory = new ArrayBuffer(8_192);
  // UDP's largest message fits each of them from the position that is asked for.
  const replies = [
    new Uint8Array(memory, 0, 2_048),
    new Uint8Array(memory, 2_051, 2_048),
    Buffer.alloc(2_048),
  ];
  for (let replyAt = 0; replyAt < 9; replyAt += 1)
    for (const reply of replies)
      for (const [type, text] of [
        ['A', 'A 192.0.2.1'],
        ['AAAA', 'AAAA 2001:db8::1'],
        ['TXT', 'TXT "text"'],
      ] as const) {
        for (const each of replies) each.fill(0xa5);
        const length = responder.respond(queryPacket({ name: 'www.example.org', type }), reply, undefined, {
          replyAt,
        });
        const message = decode(reply.subarray(replyAt, replyAt + length));
        expect(lines(message.answer)).toEqual([`www.example.org. 60 ${text}`]);
        // Not an octet beside it, in this buffer or in the one whose memory follows.
        for (const each of replies) {
          const written = each === reply ? length : 0;
          expect(
            each.filter(
              (octet, i) => octet !== 0xa5 && (written === 0 || i < replyAt || i >= replyAt + length),
            ),
          ).toHaveLength(0);
        }
      }
});
