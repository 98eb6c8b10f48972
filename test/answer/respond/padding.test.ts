import { describe, expect, test } from 'vitest';
import { PADDED_BLOCK_OCTETS } from '../../../src/answer/edns/opt.ts';
import { Transport } from '../../../src/answer/exchange.ts';
import { MESSAGE_OCTETS_MAX } from '../../../src/dns/header.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf } from '../answering.ts';
import { decode } from '../decode.ts';
import { type QuerySpec, queryPacket } from '../query-packet.ts';
import { PLAIN } from './responder.ts';

const PADDING = 12;
const KEEPALIVE = 11;
const NSID = 3;
/** Header, question, head of the one record, OPT, head of the padding. */
const FRAME_OCTETS = 12 + ('w.example.org'.length + 2 + 4) + 12 + 11 + 4;

const asks = (...codes: number[]): QuerySpec => ({
  name: 'w.example.org',
  type: 'TXT',
  opts: [{ options: codes.map((code) => ({ code, data: '' })) }],
});

/** The answer with a TXT record of so many octets of rdata, and of further zone lines. */
function answerWith(
  rdataOctets: number,
  spec = asks(PADDING),
  transport: number = Transport.DOT,
  lines = '',
) {
  const strings: string[] = [];
  for (let rest = rdataOctets; rest > 0; rest -= 256)
    strings.push(`"${'x'.repeat(Math.min(rest, 256) - 1)}"`);
  const zone = zoneFile('example.org', `w 60 TXT ${strings.join(' ')}\n${lines}`);
  const packet = queryPacket(spec);
  const settings = { ...PLAIN, identity: Buffer.from('ns1') };
  const reply = answering(authorityOf([zone]), 1, settings).send(packet, transport)!;
  const { tc, rcode, opt } = decode(reply);
  return { octets: reply.length, tc, rcode, codes: opt?.options.map(({ code }) => code), opt };
}

describe('answers are padded to blocks (RFC 8467 §4.1)', () => {
  test.each([
    { rdata: 10, octets: PADDED_BLOCK_OCTETS, padding: PADDED_BLOCK_OCTETS - FRAME_OCTETS - 10 },
    { rdata: PADDED_BLOCK_OCTETS - FRAME_OCTETS, octets: PADDED_BLOCK_OCTETS, padding: 0 },
    {
      rdata: PADDED_BLOCK_OCTETS - FRAME_OCTETS + 1,
      octets: 2 * PADDED_BLOCK_OCTETS,
      padding: PADDED_BLOCK_OCTETS - 1,
    },
  ])('$rdata octets of rdata: $octets', ({ rdata, octets, padding }) => {
    for (const transport of [Transport.DOT, Transport.DOH]) {
      const answer = answerWith(rdata, asks(PADDING), transport);
      expect(answer.octets).toBe(octets);
      // RFC 7830 §3: zeros.
      expect(answer.opt!.options).toEqual([{ code: PADDING, data: '00'.repeat(padding) }]);
    }
  });

  test('the largest answers are padded as far as there is room', () => {
    // One answer's records have no room for that many octets; aliases before it bring it there.
    const alias = (i: number) => `${'a'.repeat(60)}${i}.${`${'b'.repeat(60)}.`.repeat(2)}${'c'.repeat(50)}`;
    const aliases = [0, 1, 2].map((i) => `${alias(i)} 60 CNAME ${alias(i + 1)}.example.org`);
    const lines = [...aliases, `${alias(3)} 60 CNAME w.example.org`].join('\n');
    const spec = { ...asks(PADDING), name: `${alias(0)}.example.org` };
    const answer = (rdata: number) => answerWith(rdata, spec, Transport.DOT, lines);
    const frame = answer(10).octets - 10 - answer(10).opt!.options[0]!.data.length / 2;
    const room = MESSAGE_OCTETS_MAX - frame;
    const lastBlock = MESSAGE_OCTETS_MAX - (MESSAGE_OCTETS_MAX % PADDED_BLOCK_OCTETS);
    expect(answer(lastBlock - frame)).toMatchObject({ octets: lastBlock, tc: false });
    expect(answer(lastBlock - frame + 1)).toMatchObject({ octets: MESSAGE_OCTETS_MAX, tc: false });
    expect(answer(room)).toMatchObject({ octets: MESSAGE_OCTETS_MAX, tc: false });
    expect(answer(room + 1)).toMatchObject({ tc: true });
    expect(answer(room + 1).octets % PADDED_BLOCK_OCTETS).toBe(0);
  });

  test('padding comes after all other options', () => {
    expect(answerWith(10, asks(PADDING, KEEPALIVE, NSID))).toMatchObject({
      octets: PADDED_BLOCK_OCTETS,
      codes: [NSID, KEEPALIVE, PADDING],
    });
  });

  test('errors too', () => {
    expect(answerWith(10, { ...asks(PADDING), name: 'example.com' })).toMatchObject({
      rcode: Rcode.REFUSED,
      octets: PADDED_BLOCK_OCTETS,
    });
  });
});

describe('answers are not padded', () => {
  test.each([Transport.UDP, Transport.TCP])('in the clear (RFC 7830 §6): transport %i', (transport) => {
    expect(answerWith(10, asks(PADDING), transport)).toMatchObject({
      octets: FRAME_OCTETS - 4 + 10,
      codes: [],
    });
  });
  test('if the query was not padded (RFC 7830 §4)', () => {
    expect(answerWith(10, asks())).toMatchObject({ octets: FRAME_OCTETS - 4 + 10, codes: [] });
  });
});
