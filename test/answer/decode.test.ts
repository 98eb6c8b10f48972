import { describe, expect, test } from 'vitest';
import { DecodeError, decode } from './decode.ts';

const HEADER = '1234 8400 0001 0001 0000 0000';
const QUESTION = '03777777 00 0001 0001';
const octets = (...hex: string[]) => Buffer.from(hex.join('').replaceAll(' ', ''), 'hex');

test('decodes a message with compressed owners', () => {
  const message = decode(octets(HEADER, QUESTION, 'c00c 0001 0001 0000012c 0004 c0000201'));
  expect(message).toMatchObject({ id: 0x1234, qr: true, aa: true, tc: false, rcode: 0, opt: undefined });
  expect(message.question).toEqual({ name: 'www.', type: 1, class: 1 });
  expect(message.answer.map(({ line }) => line)).toEqual(['www. 300 A 192.0.2.1']);
});

test('decodes the parts of OPT, and the upper bits of the rcode', () => {
  const message = decode(
    octets('1234 8000 0000 0000 0000 0001', '00 0029 04d0 01 00 8000 0006 000a 0002 beef'),
  );
  expect(message.rcode).toBe(16);
  expect(message.opt).toMatchObject({
    udpOctetsMax: 1232,
    flags: 0x8000,
    options: [{ code: 10, data: 'beef' }],
  });
});

describe('refuses', () => {
  const one = '1234 8400 0001 0000 0000 0000';
  const opt = '00 0029 04d0 00000000 0000';
  test.each([
    { what: 'a short header', says: 'ends within a number', packet: '1234 8400 0001' },
    { what: 'octets left over', says: '1 octets left over', packet: `${one} ${QUESTION} 00` },
    { what: 'a missing record', says: 'ends within a name', packet: `${HEADER} ${QUESTION}` },
    { what: 'a pointer to itself', says: 'to 21', packet: `${HEADER} ${QUESTION} c015 0001 0001` },
    { what: 'a pointer forwards', says: 'to 22', packet: `${HEADER} ${QUESTION} c016 0001 0001` },
    { what: 'a pointer into the header', says: 'to 4', packet: `${HEADER} ${QUESTION} c004 0001 0001` },
    { what: 'a loop of pointers', says: 'to 12', packet: `${one} 0161 c00c 0001 0001` },
    { what: 'a label type 01', says: 'unknown type', packet: `${one} 4161 00 0001 0001` },
    { what: 'a label type 10', says: 'unknown type', packet: `${one} 8161 00 0001 0001` },
    {
      what: 'an A of 5 octets',
      says: 'does not fill',
      packet: `${HEADER} ${QUESTION} c00c 0001 0001 00000000 0005 c000020100`,
    },
    {
      what: 'rdata past the end',
      says: 'ends within rdata',
      packet: `${HEADER} ${QUESTION} c00c 0001 0001 00000000 0005 c0000201`,
    },
    {
      what: 'an NS with octets left',
      says: 'does not fill',
      packet: `${HEADER} ${QUESTION} c00c 0002 0001 00000000 0004 01610000`,
    },
    {
      what: 'a text past its rdata',
      says: 'past the rdata',
      packet: `${HEADER} ${QUESTION} c00c 0010 0001 00000000 0002 0261`,
    },
    {
      what: 'class CH records',
      says: 'class 3',
      packet: `${HEADER} ${QUESTION} c00c 0001 0003 00000000 0004 c0000201`,
    },
    {
      what: 'two questions',
      says: 'more than one question',
      packet: `1234 8400 0002 0000 0000 0000 ${QUESTION} ${QUESTION}`,
    },
    { what: 'OPT as an answer', says: 'outside', packet: `1234 8400 0000 0001 0000 0000 ${opt}` },
    { what: 'two OPTs', says: 'more than one OPT', packet: `1234 8400 0000 0000 0000 0002 ${opt} ${opt}` },
    { what: 'an owned OPT', says: 'not the root', packet: `1234 8400 0000 0000 0000 0001 0161 ${opt}` },
    {
      what: 'a cut option',
      says: 'past the OPT',
      packet: '1234 8400 0000 0000 0000 0001 00 0029 04d0 00000000 0004 000a0001',
    },
    {
      what: 'a name of 256 octets',
      says: 'over 255',
      packet: `${one} 026161 ${'0161'.repeat(126)} 00 0001 0001`,
    },
  ])('$what', ({ packet, says }) => {
    expect(() => decode(octets(packet))).toThrow(DecodeError);
    expect(() => decode(octets(packet))).toThrow(says);
  });

  test('accepts a name of 255 octets', () => {
    expect(decode(octets(one, '0161'.repeat(127), '00 0001 0001')).question?.name).toHaveLength(254);
  });
});
