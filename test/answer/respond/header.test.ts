import { describe, expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { Class, Type } from '../../../src/dns/type.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, asking, authorityOf, lines } from '../answering.ts';
import { decode } from '../decode.ts';
import { nameOctets, optOctets, QUERY_ID, queryPacket, uint16 } from '../query-packet.ts';

const { ask, send } = answering(authorityOf([zoneFile('example.org', 'www 60 A 192.0.2.1')]));
const QUESTION = [...nameOctets('www.example.org'), ...uint16(Type.A), ...uint16(Class.IN)];
const RECORD = [0, ...uint16(Type.A), ...uint16(Class.IN), 0, 0, 0, 0, ...uint16(4), 192, 0, 2, 1];

/** A packet from its parts; counts as given, whatever follows. */
function packet(flags: number, counts: readonly number[], ...rest: number[][]): Uint8Array {
  return Uint8Array.from([...uint16(QUERY_ID), ...uint16(flags), ...counts.flatMap(uint16), ...rest.flat()]);
}

describe('silence', () => {
  test.each([0, 1, 11])('RFC 8906 §3: a packet of %i octets', (length) => {
    expect(send(queryPacket({ name: 'www.example.org' }).subarray(0, length))).toBeUndefined();
  });
  test.each([0x8000, 0x8180, 0x8400, 0xffff, 0xa800])('a response is never answered (flags %i)', (flags) => {
    expect(send(queryPacket({ name: 'www.example.org', flags }))).toBeUndefined();
  });
  test('a query of only a header is answered', () => {
    expect(decode(send(packet(0, [0, 0, 0, 0]))!)).toMatchObject({ rcode: Rcode.FORMERR, id: QUERY_ID });
  });
});

describe('the header of an answer', () => {
  test.each([
    { sent: 0x0000, rd: false, rule: 'RFC 1035 §4.1.1' },
    { sent: 0x0100, rd: true, rule: 'RFC 1035 §4.1.1: RD is copied' },
    { sent: 0x0110, rd: true, rule: 'RFC 4035 §3.1.6: CD is cleared' },
    { sent: 0x0020, rd: false, rule: 'RFC 6840 §5.8: AD without validation is not set' },
    { sent: 0x0040, rd: false, rule: 'RFC 8906 §3.1.3.1: unknown flag Z is ignored and cleared' },
    { sent: 0x0680, rd: false, rule: 'AA, TC and RA of a query are ignored' },
    { sent: 0x000f, rd: false, rule: 'the rcode of a query is ignored' },
  ])('$rule', ({ sent, rd }) => {
    const message = ask({ name: 'www.example.org', flags: sent, id: 0xfedc });
    expect(message).toMatchObject({ id: 0xfedc, qr: true, aa: true, tc: false, rd, upperFlags: 0, rcode: 0 });
    expect(message.question).toEqual({ name: 'www.example.org.', type: 1, class: 1 });
    expect(message.opt).toBeUndefined();
    expect(lines(message.answer)).toEqual(['www.example.org. 60 A 192.0.2.1']);
  });
});

describe('opcodes', () => {
  test.each([
    { opcode: 1, rcode: Rcode.NOTIMP, rule: 'RFC 3425 §3: IQUERY' },
    { opcode: 2, rcode: Rcode.NOTIMP, rule: 'RFC 8906 §3.1.5: STATUS' },
    { opcode: 3, rcode: Rcode.NOTIMP, rule: 'RFC 8906 §3.1.5: unassigned' },
    { opcode: 4, rcode: Rcode.REFUSED, rule: 'RFC 1996 §3: NOTIFY' },
    { opcode: 5, rcode: Rcode.REFUSED, rule: 'RFC 2136 §3.1: UPDATE' },
    { opcode: 6, rcode: Rcode.NOTIMP, rule: 'RFC 8490 §5.1.1: DSO' },
    { opcode: 15, rcode: Rcode.NOTIMP, rule: 'RFC 8906 §3.1.5: unassigned' },
  ])('$rule', ({ opcode, rcode }) => {
    const message = ask({ name: 'www.example.org', flags: (opcode << 11) | 0x0100, opts: [{}] });
    expect(message).toMatchObject({ opcode, rcode, aa: false, rd: true, answer: [], authority: [] });
    expect(message.opt).toBeDefined();
  });

  test('UPDATE with records in every section (RFC 2136 §2)', () => {
    const update = packet(0x2800, [1, 1, 1, 1], QUESTION, RECORD, RECORD, RECORD);
    expect(decode(send(update)!)).toMatchObject({ opcode: 5, rcode: Rcode.REFUSED });
  });
  test('NOTIFY with its SOA (RFC 1996 §3.7)', () => {
    const notify = packet(0x2400, [1, 1, 0, 0], QUESTION, RECORD);
    expect(decode(send(notify)!)).toMatchObject({ opcode: 4, rcode: Rcode.REFUSED });
  });
  test('an unknown opcode with an unknown body', () => {
    const message = decode(send(packet(0x7800, [7, 0, 9, 0], [1, 2, 3]))!);
    expect(message).toMatchObject({ opcode: 15, rcode: Rcode.NOTIMP, question: undefined });
  });
});

describe('FORMERR', () => {
  const opt = optOctets({});
  test.each([
    { rule: 'RFC 9619 §4: QDCOUNT 0', bytes: packet(0, [0, 0, 0, 0]), echoes: false },
    { rule: 'RFC 9619 §4: QDCOUNT 2', bytes: packet(0, [2, 0, 0, 0], QUESTION, QUESTION), echoes: false },
    { rule: 'QDCOUNT 1 without a question', bytes: packet(0, [1, 0, 0, 0]), echoes: false },
    { rule: 'a name that does not end', bytes: packet(0, [1, 0, 0, 0], [3, 0x77, 0x77]), echoes: false },
    { rule: 'no class', bytes: packet(0, [1, 0, 0, 0], QUESTION.slice(0, -1)), echoes: false },
    {
      rule: 'RFC 6891 §5: label type 01',
      bytes: packet(0, [1, 0, 0, 0], [0x41, 0, 0, 1, 0, 1]),
      echoes: false,
    },
    {
      rule: 'a pointer in the question',
      bytes: packet(0, [1, 0, 0, 0], [0xc0, 12, 0, 1, 0, 1]),
      echoes: false,
    },
    {
      rule: 'RFC 1035 §2.3.4: a name of 256 octets',
      bytes: packet(0, [1, 0, 0, 0], nameOctets(`aa.${'a.'.repeat(126)}`), [0, 1, 0, 1]),
      echoes: false,
    },
    { rule: 'an answer in a query', bytes: packet(0, [1, 1, 0, 0], QUESTION, RECORD), echoes: true },
    { rule: 'an authority in a query', bytes: packet(0, [1, 0, 1, 0], QUESTION, RECORD), echoes: true },
    { rule: 'octets left over', bytes: packet(0, [1, 0, 0, 0], QUESTION, [0]), echoes: true },
    { rule: 'a record that is not there', bytes: packet(0, [1, 0, 0, 1], QUESTION), echoes: true },
    {
      rule: 'a record that does not end',
      bytes: packet(0, [1, 0, 0, 1], QUESTION, RECORD.slice(0, -1)),
      echoes: true,
    },
    {
      rule: 'a record without its length',
      bytes: packet(0, [1, 0, 0, 1], QUESTION, RECORD.slice(0, 10)),
      echoes: true,
    },
    {
      rule: 'RFC 6891 §5: a record whose owner has label type 10',
      bytes: packet(0, [1, 0, 0, 1], QUESTION, [0x80, ...RECORD]),
      echoes: true,
    },
    {
      rule: 'RFC 6891 §6.1.1: two OPT records',
      bytes: packet(0, [1, 0, 0, 2], QUESTION, opt, opt),
      echoes: true,
    },
    {
      rule: 'RFC 6891 §6.1.1: two OPT records, whatever the owner of the second',
      bytes: packet(0, [1, 0, 0, 2], QUESTION, opt, [0xc0, 12, ...opt.slice(1)]),
      echoes: true,
    },
    {
      rule: 'RFC 6891 §6.1.2: an OPT whose owner is a name',
      bytes: packet(0, [1, 0, 0, 1], QUESTION, [1, 0x61, ...opt]),
      echoes: true,
    },
    {
      rule: 'RFC 6891 §6.1.2: an OPT whose owner is a pointer',
      bytes: packet(0, [1, 0, 0, 1], QUESTION, [0xc0, 12, ...opt.slice(1)]),
      echoes: true,
    },
    {
      rule: 'RFC 6891 §6.1.2: an option past its OPT',
      bytes: packet(0, [1, 0, 0, 1], QUESTION, [...opt.slice(0, 9), 0, 5, 0, 10, 0, 2, 1]),
      echoes: true,
    },
    {
      rule: 'RFC 6891 §6.1.2: octets behind the last option',
      bytes: packet(0, [1, 0, 0, 1], QUESTION, [...opt.slice(0, 9), 0, 3, 0, 10, 0]),
      echoes: true,
    },
  ])('$rule', ({ bytes, echoes }) => {
    for (const transport of [Transport.UDP, Transport.TCP]) {
      const message = decode(send(bytes, transport)!);
      expect(message).toMatchObject({
        id: QUERY_ID,
        rcode: Rcode.FORMERR,
        aa: false,
        answer: [],
        authority: [],
      });
      expect(message.question?.name).toBe(echoes ? 'www.example.org.' : undefined);
    }
  });

  test('other records in the additional section are skipped, whatever their owner', () => {
    const compressed = [0xc0, 12, ...RECORD.slice(1)];
    const bytes = packet(0, [1, 0, 0, 3], QUESTION, RECORD, compressed, opt);
    expect(decode(send(bytes)!)).toMatchObject({ rcode: Rcode.NOERROR, opt: { version: 0 } });
  });
});

test('a query with TSIG is answered without it (a client discards that, RFC 8945 §5.3)', () => {
  const algorithm = nameOctets('hmac-sha256');
  const data = [
    ...algorithm,
    ...[0, 0, 0, 0, 0, 0],
    ...uint16(300),
    ...uint16(0),
    ...uint16(QUERY_ID),
    0,
    0,
    0,
    0,
  ];
  const tail = [...uint16(Type.TSIG), ...uint16(Class.ANY), 0, 0, 0, 0, ...uint16(data.length)];
  const bytes = packet(0, [1, 0, 0, 2], QUESTION, optOctets({}), [...nameOctets('key.'), ...tail, ...data]);
  const message = decode(send(bytes)!);
  expect(message).toMatchObject({ rcode: Rcode.NOERROR, aa: true, additional: [] });
  expect(lines(message.answer)).toEqual(['www.example.org. 60 A 192.0.2.1']);
});

describe('classes and types that are not answered', () => {
  test.each([
    { rule: 'class CH', class: Class.CH, rcode: Rcode.REFUSED },
    { rule: 'class HS', class: 4, rcode: Rcode.REFUSED },
    { rule: 'class NONE', class: Class.NONE, rcode: Rcode.REFUSED },
    { rule: 'class ANY', class: Class.ANY, rcode: Rcode.REFUSED },
    { rule: 'class 0', class: 0, rcode: Rcode.REFUSED },
    { rule: 'RFC 5936 §2.2.1: AXFR', type: 'AXFR', rcode: Rcode.REFUSED },
    { rule: 'RFC 1995 §3: IXFR', type: 'IXFR', rcode: Rcode.REFUSED },
    { rule: 'RFC 1035 §3.2.3: MAILA', type: 'MAILA', rcode: Rcode.NOTIMP },
    { rule: 'RFC 1035 §3.2.3: MAILB', type: 'MAILB', rcode: Rcode.NOTIMP },
    { rule: 'RFC 6895 §3.1: the first meta type', type: 128, rcode: Rcode.NOTIMP },
    { rule: 'RFC 6895 §3.1: below the meta types', type: 127, rcode: Rcode.NXDOMAIN },
    { rule: 'RFC 6895 §3.1: above the meta types', type: 256, rcode: Rcode.NXDOMAIN },
    { rule: 'RFC 2930 §2: TKEY', type: 'TKEY', rcode: Rcode.NOTIMP },
    { rule: 'RFC 8945 §5.1: TSIG', type: 'TSIG', rcode: Rcode.FORMERR },
    { rule: 'RFC 6891 §6.1.1: OPT', type: 'OPT', rcode: Rcode.FORMERR },
    { rule: 'RFC 8906 §3.1.2: an unknown type', type: 65_280, rcode: Rcode.NXDOMAIN },
    { rule: 'type 0', type: 0, rcode: Rcode.NXDOMAIN },
  ] as const)('$rule', ({ rule: _, rcode, ...question }) => {
    const message = ask({ name: 'no.example.org', ...question });
    expect(message).toMatchObject({ rcode, answer: [], aa: rcode === Rcode.NXDOMAIN });
    expect(message.question?.name).toBe('no.example.org.');
  });

  test('RFC 3597 §5: an unknown type at a name that exists is NODATA', () => {
    expect(ask({ name: 'www.example.org', type: 65_280 })).toMatchObject({
      rcode: Rcode.NOERROR,
      answer: [],
    });
  });

  test('RFC 1995 §3: IXFR may carry one SOA', () => {
    const question = [...nameOctets('example.org'), ...uint16(Type.IXFR), ...uint16(1)];
    expect(decode(send(packet(0, [1, 0, 1, 0], question, RECORD))!).rcode).toBe(Rcode.REFUSED);
    expect(decode(send(packet(0, [1, 0, 2, 0], question, RECORD, RECORD))!).rcode).toBe(Rcode.FORMERR);
  });
});

describe('before the first generation', () => {
  const table = createTable();
  const { ask } = asking(openTable(table.buffers));

  test('valid queries get SERVFAIL, and malformed or foreign ones their own error', () => {
    expect(ask({ name: 'www.example.org' })).toMatchObject({ rcode: Rcode.SERVFAIL, aa: false });
    expect(ask({ name: 'www.example.org', class: Class.CH }).rcode).toBe(Rcode.REFUSED);
    expect(ask({ name: 'www.example.org', questions: 2 }).rcode).toBe(Rcode.FORMERR);
  });
  test('from the first generation on, queries are answered', () => {
    table.publish(1);
    expect(ask({ name: 'www.example.org' }).rcode).toBe(Rcode.REFUSED);
  });
});
