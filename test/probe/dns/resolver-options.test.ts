import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Packet } from 'dns2';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createNameServers } from '../../../src/probe/dns/name-servers.ts';
import {
  parseResolverOptions,
  RESOLV_CONF_OCTETS_MAX,
  readResolverOptions,
} from '../../../src/probe/dns/resolver-options.ts';
import { startScriptedDns } from '../../support/server/scripted-dns.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-resolv-'));
});
afterAll(() => rmSync(directory, { recursive: true }));
function fileOf(text: string): string {
  const path = join(directory, 'resolv.conf');
  writeFileSync(path, text);
  return path;
}

test.each([
  { text: 'nameserver 192.0.2.1\noptions use-vc\n', isOverTcp: true },
  { text: 'options rotate\noptions  timeout:1\tuse-vc edns0', isOverTcp: true },
  { text: 'options rotate', isOverTcp: false },
  { text: '# options use-vc', isOverTcp: false },
  { text: 'options rotate ; use-vc', isOverTcp: false },
  { text: 'search use-vc', isOverTcp: false },
  { text: 'options use-vc-not', isOverTcp: false },
  { text: '', isOverTcp: false },
])('$text (resolv.conf(5))', ({ text, isOverTcp }) => {
  expect(parseResolverOptions(text)).toEqual({ isOverTcp });
});

test('a file that is missing, no file or too long has no options', async () => {
  const line = 'options use-vc\n';
  const exact = line + '#'.repeat(RESOLV_CONF_OCTETS_MAX - line.length);
  expect(await readResolverOptions(fileOf(exact))).toEqual({ isOverTcp: true });
  for (const path of [fileOf(`${exact}#`), directory, join(directory, 'none')])
    expect(await readResolverOptions(path)).toEqual({ isOverTcp: false });
});

test('use-vc was ignored: with it the server is asked over TCP alone, and from the next lookup on when it is added', async () => {
  const udp = await startScriptedDns({ A: ['192.0.2.1'] });
  onTestFinished(() => udp.stop());
  // On the port that the server has by UDP, too.
  const tcp = createServer((socket) => {
    socket.once('data', (octets) => {
      const request = Packet.parse(Buffer.from(octets).subarray(2));
      const response = Packet.createResponseFromRequest(request) as unknown as {
        answers: unknown[];
        toBuffer(): Buffer;
      };
      response.answers.push({ name: 'a.example.org', type: 1, class: 1, ttl: 60, address: '192.0.2.2' });
      const answer = response.toBuffer();
      socket.end(Buffer.concat([Buffer.of(answer.length >> 8, answer.length & 0xff), answer]));
    });
  }).listen(Number(udp.at.split(':')[1]), '127.0.0.1');
  await once(tcp, 'listening');
  onTestFinished(() => void tcp.close());
  expect(udp.at).toBe(`127.0.0.1:${(tcp.address() as AddressInfo).port}`);
  const never = new AbortController().signal;
  const path = fileOf('options rotate\n');
  const { lookup } = createNameServers([udp.at], path);
  const found = async () => (await lookup('a.example.org', 'ipv4', never)).map(({ address }) => address);
  expect(await found()).toEqual(['192.0.2.1']);
  fileOf('options rotate use-vc\n');
  expect(await found()).toEqual(['192.0.2.2']);
  expect(udp.heard).toHaveLength(1);
});
