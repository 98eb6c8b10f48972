/** A process that is held up, as by a machine that swaps or moves: what it was sent meanwhile. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { HEADERS_TIMEOUT_MS } from '../../../src/admin/http/http-server.ts';
import { call } from '../../support/api.ts';
import { endAll, startLifeguard, TOKEN } from '../../support/lifeguard.ts';

const REQUESTS = 30;
const directory = mkdtempSync(`${tmpdir()}/lifeguard-stalled-`);
afterEach(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

test('no request that arrives while the server is blocked gets an error although it was carried out', async () => {
  const server = await startLifeguard('serve', { LIFEGUARD_DATA_DIR: directory });
  const { hostname, port, pathname } = new URL(server.api);
  const sent = await Promise.all(
    Array.from({ length: REQUESTS }, async (_, i) => {
      const body = JSON.stringify({ name: `p${i}`, origins: [{ name: 'a', address: '192.0.2.1' }] });
      // In one piece, in chunks, and after a word that the body is welcome (RFC 9110 §10.1.1).
      const chunks = `5\r\n${body.slice(0, 5)}\r\n${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`;
      const [field, content] = [
        [`Content-Length: ${body.length}`, body],
        ['Transfer-Encoding: chunked', chunks],
        [`Expect: 100-continue\r\nContent-Length: ${body.length}`, body],
      ][Math.floor(i / 3) % 3]!;
      const head =
        `POST ${pathname}/pools HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${TOKEN}\r\n` +
        `Connection: close\r\n${field}\r\n\r\n`;
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      // A third has sent nothing yet, a third half of its header section, a third half of its body.
      const whole = head + content;
      const begun = [0, 20, whole.length - 5][i % 3]!;
      socket.write(whole.slice(0, begun));
      return { socket, rest: whole.slice(begun), answer: text(socket) };
    }),
  );
  await sleep(300);
  server.process.kill('SIGSTOP');
  for (const { socket, rest } of sent) socket.write(rest);
  await sleep(HEADERS_TIMEOUT_MS + 1_500);
  server.process.kill('SIGCONT');
  const answers = await Promise.all(sent.map(({ answer }) => answer));
  const made = answers.filter((answer) => /^(HTTP\/1\.1 100 .*\r\n\r\n)?HTTP\/1\.1 200/.test(answer)).length;
  expect((await call(server, 'GET', '/pools?per_page=100')).result).toHaveLength(made);
  // The time in which it was held up is nobody's fault.
  expect(made).toBe(REQUESTS);
});
