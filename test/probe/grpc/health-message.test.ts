import { expect, test } from 'vitest';
import {
  decodeHealthResponse,
  encodeHealthRequest,
  STREAM_OCTETS_MAX,
} from '../../../src/probe/grpc/health-message.ts';
import fc from '../../support/property.ts';

const framed = (...message: number[]) =>
  Uint8Array.of(0, 0, 0, message.length >> 8, message.length & 0xff, ...message);

test.each([
  ['', '0000000000'],
  ['a.B', '0000000005' + '0a03' + '612e42'],
  ['x'.repeat(200), `00000000cb0ac801${'78'.repeat(200)}`],
])('a request for %j', (service, hex) => expect(encodeHealthRequest(service).toString('hex')).toBe(hex));

test.each<{ what: string; stream: Uint8Array; status: number | undefined }>([
  { what: 'SERVING', stream: framed(8, 1), status: 1 },
  { what: 'NOT_SERVING', stream: framed(8, 2), status: 2 },
  { what: 'an empty message, which is UNKNOWN', stream: framed(), status: 0 },
  { what: 'the last of two', stream: framed(8, 1, 8, 2), status: 2 },
  { what: 'SERVING in more octets than needed', stream: framed(8, 0x81, 0x80, 0), status: 1 },
  {
    what: '2^32 + 1 is not SERVING in 32 bits',
    stream: framed(8, 0x81, 0x80, 0x80, 0x80, 0x10),
    status: 1,
  },
  {
    what: 'other fields of every wire type',
    stream: framed(0x10, 0x96, 1, 0x19, ...Array(8).fill(9), 0x22, 2, 8, 2, 0x2d, 1, 2, 3, 4, 8, 1),
    status: 1,
  },
  { what: 'a group', stream: framed(0x0b, 0x0c), status: undefined },
  { what: 'field 0', stream: framed(0, 1), status: undefined },
  { what: 'a varint without end', stream: framed(8, 0x80), status: undefined },
  { what: 'a varint that is too long', stream: framed(8, ...Array(10).fill(0x80), 1), status: undefined },
  { what: 'a text past the end', stream: framed(0x12, 5, 1), status: undefined },
  { what: 'a length without end', stream: framed(0x12, 0x80), status: undefined },
  { what: 'eight octets past the end', stream: framed(0x11, 1), status: undefined },
  { what: 'no stream at all', stream: new Uint8Array(), status: undefined },
  { what: 'half a prefix', stream: Uint8Array.of(0, 0, 0), status: undefined },
  { what: 'less than the prefix says', stream: framed(8, 1).subarray(0, 6), status: undefined },
  { what: 'two messages', stream: Uint8Array.of(...framed(8, 1), ...framed(8, 1)), status: undefined },
  { what: 'a compressed message', stream: Uint8Array.of(1, ...framed(8, 1).subarray(1)), status: undefined },
])('$what: $status', ({ stream, status }) => expect(decodeHealthResponse(stream)).toBe(status));

test('any octets give a status or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: STREAM_OCTETS_MAX }), (octets) => {
      const status = decodeHealthResponse(framed(...octets));
      if (status !== undefined) expect(Number.isInteger(status)).toBe(true);
    }),
  );
});
