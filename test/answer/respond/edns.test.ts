import { describe, expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { UDP_OCTETS_MAX } from '../../../src/dns/edns.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf, lines } from '../answering.ts';
import { queryPacket } from '../query-packet.ts';

const { ask, send } = answering(authorityOf([zoneFile('example.org', 'www 60 A 192.0.2.1')]));
const name = 'www.example.org';

test('RFC 6891 §6.1.1: a query without OPT gets no OPT', () => {
  expect(ask({ name }).opt).toBeUndefined();
});

describe('OPT in the answer', () => {
  test.each([
    { rule: 'RFC 6891 §7: OPT for OPT', sent: {}, flags: 0 },
    { rule: 'RFC 3225 §3: DO is copied', sent: { flags: 0x8000 }, flags: 0x8000 },
    { rule: 'RFC 6891 §6.1.4: unknown flags are cleared', sent: { flags: 0x7fff }, flags: 0 },
    { rule: 'RFC 8906 §3.2.4: DO among unknown flags', sent: { flags: 0xffff }, flags: 0x8000 },
    {
      rule: 'RFC 6891 §6.1.2: unknown options are ignored',
      sent: { options: [{ code: 65_001, data: '0102' }] },
      flags: 0,
    },
    {
      rule: 'an empty option at the end',
      sent: { options: [{ code: 3, data: '' }] },
      flags: 0,
    },
  ])('$rule', ({ sent, flags }) => {
    const message = ask({ name, opts: [sent] });
    expect(message.rcode).toBe(Rcode.NOERROR);
    expect(message.opt).toMatchObject({ udpOctetsMax: UDP_OCTETS_MAX, version: 0, flags, options: [] });
    expect(lines(message.answer)).toEqual(['www.example.org. 60 A 192.0.2.1']);
  });
});

describe('BADVERS (RFC 6891 §6.1.3)', () => {
  test.each([
    { version: 1, options: [], rule: 'RFC 8906 §3.2.2' },
    { version: 255, options: [], rule: 'the last version' },
    { version: 1, options: [{ code: 65_001, data: '' }], rule: 'RFC 8906 §3.2.5: with an option' },
  ])('version $version: $rule', ({ version, options }) => {
    const message = ask({ name, opts: [{ version, options, flags: 0x8000 }] });
    expect(message).toMatchObject({ rcode: Rcode.BADVERS, aa: false, answer: [], authority: [] });
    expect(message.opt).toMatchObject({ version: 0, flags: 0x8000, udpOctetsMax: UDP_OCTETS_MAX });
  });

  test('the options of another version are not parsed', () => {
    const packet = queryPacket({ name, opts: [{ version: 1, options: [{ code: 3, data: '0011' }] }] });
    packet[packet.length - 3] = 9;
    expect(send(packet)?.[3]).toBe(Rcode.BADVERS & 0x0f);
  });
});

test('OPT is found between other records', () => {
  const packet = queryPacket({ name, opts: [{}] });
  const record = Uint8Array.from([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1]);
  packet[11] = 3;
  const at = packet.length - 11;
  const between = Buffer.concat([packet.subarray(0, at), record, packet.subarray(at), record]);
  expect(send(between)?.[11]).toBe(1);
});

test('TCP answers have OPT, too', () => {
  expect(ask({ name, opts: [{ flags: 0x8000 }] }, Transport.TCP).opt?.flags).toBe(0x8000);
});
