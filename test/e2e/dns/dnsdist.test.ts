import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hasBatchedCalls } from '../../../src/serve/udp/socket/libc.ts';
import { dig } from '../../support/dig.ts';
import { endAll, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { isInstalled, type Resolver, startResolver } from '../../support/server/resolver.ts';

const CONFIGURATION = `
dns:
  proxy_protocol_from: [127.0.0.1]
zones:
  - name: example.com
    soa: { rname: hostmaster@example.com, minimum: 10 }
    ns: [{ name: ns1.example.com, addresses: [192.0.2.53] }]
    records: [{ name: www, type: A, value: 192.0.2.1, ttl: 60 }]
`;

let directory: string;
let dnsdist: Resolver | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-dnsdist-'));
});
afterEach(async () => {
  await dnsdist?.stop();
  await endAll();
  rmSync(directory, { recursive: true });
});

const missing = !isInstalled('dnsdist');
const title = missing ? 'not tried: dnsdist is not installed (Debian: dnsdist)' : 'dnsdist';
const engines = ['portable', ...(hasBatchedCalls() ? ['batched'] : [])];

test.skipIf(missing).each(engines)(
  `${title} before the %s engine: UDP and TCP with PROXY headers are answered`,
  async (engine) => {
    const config = join(directory, 'lifeguard.yaml');
    writeFileSync(config, CONFIGURATION);
    const lifeguard = await startLifeguard('serve', {
      LIFEGUARD_CONFIG: config,
      LIFEGUARD_DATA_DIR: join(directory, 'data'),
      LIFEGUARD_DNS_ENGINE: engine,
    });
    const { address, port } = lifeguard.dns;
    dnsdist = await startResolver({
      program: 'dnsdist',
      args: (file) => ['--supervised', '-C', file],
      configuration: (_, own) => `
setLocal('127.0.0.1:${own}')
setSecurityPollSuffix('')
newServer({ address = '${address}:${port}', useProxyProtocol = true })
`,
    });
    for (const by of ['+notcp', '+tcp']) {
      const { status, rdata } = await dig(dnsdist, 'www.example.com', 'A', by);
      expect([status, rdata]).toEqual(['NOERROR', ['192.0.2.1']]);
    }
    // Who comes from there without a header is not answered, counted, and told of once.
    const direct = await dig(lifeguard.dns, 'www.example.com', 'A', '+time=1');
    expect(direct.status).toBeUndefined();
    const dropped = () =>
      lifeguard.log.filter(({ msg }) => String(msg).startsWith('Dropped queries of a proxy'));
    await vi.waitUntil(() => dropped().length > 0, { timeout: 40_000 });
    expect(dropped()).toMatchObject([{ from: '127.0.0.1', rule: 'no signature' }]);
    const metrics = await fetch(`${new URL(lifeguard.api).origin}/metrics`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(await metrics.text()).toMatch(/^lifeguard_dns_misproxied_total 1$/m);
  },
);
