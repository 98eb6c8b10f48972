import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { passOverContinue } from '../../src/notify/pass-over-continue.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const WITH_FIELDS = 'HTTP/1.1 100\r\nserver: x\r\n\r\n';
const ENDLESS = `HTTP/1.1 100 ${'x'.repeat(1_024)}`;

test.each([
  { came: OK, read: OK, rule: 'no 100 Continue' },
  { came: CONTINUE + OK, read: OK, rule: 'one 100 Continue' },
  { came: CONTINUE + WITH_FIELDS + CONTINUE + OK, read: OK, rule: 'several 100 Continue, one with fields' },
  {
    came: `HTTP/1.1 103 Early Hints\r\n\r\n${OK}`,
    read: `HTTP/1.1 103 Early Hints\r\n\r\n${OK}`,
    rule: 'another interim answer',
  },
  { came: OK + CONTINUE, read: OK + CONTINUE, rule: 'a 100 Continue after the answer' },
  { came: ENDLESS, read: ENDLESS, rule: 'a 100 Continue that does not end within the bound' },
  { came: CONTINUE, read: '', rule: 'only a 100 Continue' },
])('$rule, read in pieces of any size', ({ came, read }) => {
  for (const octets of [1, 7, 26, came.length]) {
    const stream = new Duplex({ read() {}, write() {} });
    const socket = passOverContinue(stream as unknown as Socket);
    let text = '';
    for (let at = 0; at < came.length; at += octets) {
      stream.push(came.slice(at, at + octets));
      for (let piece = socket.read(); piece !== null; piece = socket.read()) text += String(piece);
    }
    expect(text, `pieces of ${octets}`).toBe(read);
  }
});
