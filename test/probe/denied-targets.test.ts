import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { MONITOR_TYPES } from '../../src/check/monitor.ts';
import { createTargets } from '../../src/check/targets.ts';
import { parsePrefix } from '../../src/config/prefix.ts';
import { createResolve } from '../../src/probe/dns/resolve.ts';
import { LocalFault } from '../../src/probe/failure.ts';
import { createPing } from '../../src/probe/icmp/ping.ts';
import { probe } from '../../src/probe/probe.ts';
import { startScriptedDns } from '../support/server/scripted-dns.ts';
import { makeCheck } from './checks.ts';
import { listen } from './listen.ts';

const METADATA = '169.254.169.254';
const options = { resolve: createResolve(), ping: createPing() };

test.each(MONITOR_TYPES)('a check of type %s does not probe a denied address', async (type) => {
  const check = makeCheck({ type, path: '/a.example.org/A' }, { address: METADATA, port: 80 });
  const made = probe(check, options);
  await expect(made).rejects.toThrow(LocalFault);
  await expect(made).rejects.toThrow(`The target ${METADATA} is denied`);
});

test.each([
  METADATA,
  '100.100.100.200',
  'fe80::1',
  '64:ff9b::a9fe:a9fe',
  '0.0.0.0',
  '::',
  `::ffff:${METADATA}`,
])('a host name that resolves to %s is not probed', async (address) => {
  const resolve = async () => ({ addresses: [address] });
  const check = makeCheck({}, { address: 'a.example.org' });
  await expect(probe(check, { ...options, resolve })).rejects.toThrow(`${address} is denied`);
});

/** Spellings of METADATA that getaddrinfo takes for an address (inet_aton(3)), and which are host names to a pool. */
const SPELLINGS = ['0xa9fea9fe', '0xa9.0xfe.0xa9.0xfe', '0xA9.0376.0xa9fe'];

test.each(SPELLINGS.flatMap((address) => MONITOR_TYPES.map((type) => ({ address, type }))))(
  'the address "$address" of a check of the type $type is looked up as a name, and what it resolves to is judged',
  async ({ address, type }) => {
    const asked: string[] = [];
    const resolve = async (name: string) => {
      asked.push(name);
      return { addresses: [METADATA] };
    };
    const check = makeCheck({ type, path: '/a.example.org/A' }, { address, port: 80 });
    await expect(probe(check, { ...options, resolve })).rejects.toThrow(`The target ${METADATA} is denied`);
    expect(asked).toEqual([address]);
  },
);

test.each(SPELLINGS)('%s is asked of the DNS server, and never read as an address', async (name) => {
  const dns = await startScriptedDns({ A: 'NXDOMAIN', AAAA: 'NXDOMAIN' });
  onTestFinished(() => dns.stop());
  const resolve = createResolve({ servers: [dns.at], hostsFile: '/nonexistent/hosts' });
  await expect(resolve(name, new AbortController().signal)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  expect(dns.heard.toSorted()).toEqual([`${name.toLowerCase()} A`, `${name.toLowerCase()} AAAA`]);
});

test.each([
  { location: 'http://0xa9fea9fe/', rule: 'an address in hexadecimal' },
  { location: `http://${METADATA}/latest/meta-data/`, rule: 'an address' },
  { location: `http://[::ffff:${METADATA}]/`, rule: 'IPv4 in IPv6' },
  { location: 'http://2852039166/', rule: 'an address as one number, which WHATWG URLs allow' },
  { location: 'http://0xa9.0376.0xa9fe/', rule: 'an address in hexadecimal and octal' },
  { location: 'http://metadata.example.org/', rule: 'a name that resolves to it' },
])('a redirect to $location is not followed, and the check is not possible ($rule)', async ({ location }) => {
  const { port } = await listen(
    createServer((_request, response) => response.writeHead(302, { location }).end()),
  );
  const resolve = async () => ({ addresses: [METADATA] });
  const check = makeCheck({ followRedirects: true }, { port });
  await expect(probe(check, { ...options, resolve })).rejects.toThrow(LocalFault);
});

test('a host name with only an IPv4-mapped address is not probed, and is not unknown', async () => {
  const resolve = async () => ({ addresses: ['::ffff:127.0.0.1'] });
  const made = probe(makeCheck({}, { address: 'a.example.org' }), { ...options, resolve });
  await expect(made).rejects.toThrow('The target ::ffff:127.0.0.1 is IPv4 written as IPv6');
});

test('the address that was allowed is the one connected to: its name is resolved once', async () => {
  const { port, connections } = await listen(createServer((_request, response) => response.end()));
  let asked = 0;
  // First the endpoint's own address, then one that would be denied.
  const resolve = async () => ({ addresses: [asked++ === 0 ? '127.0.0.1' : METADATA] });
  const outcome = await probe(makeCheck({}, { address: 'a.example.org', port }), { ...options, resolve });
  expect([outcome.ok, asked, connections.ever]).toEqual([true, 1, 1]);
});

test('the prefixes of the configuration apply', async () => {
  const { port, connections } = await listen(createServer((_request, response) => response.end()));
  const refuse = createTargets({ allow: [], deny: [parsePrefix('127.0.0.0/8')] });
  await expect(probe(makeCheck({}, { port }), { ...options, refuse })).rejects.toThrow('targets.deny');
  expect(connections.ever).toBe(0);
});
