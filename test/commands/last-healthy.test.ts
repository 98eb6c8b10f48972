import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Running, start } from '../../src/commands/run.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { createLogger } from '../../src/telemetry/log.ts';

const CONFIG = `
zones:
  - name: example.com
    soa: { mname: ns1.example.com, rname: hostmaster.example.com }
    ns: [{ name: ns1.example.com }]
    pools: pools
    records: [{ name: ns1, type: A, value: 192.0.2.53 }]
`;
const SOON = { timeout: 8_000, interval: 50 };

test('after a restart with everything down, the endpoints that were healthy last are answered', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-last-healthy-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'lifeguard.yaml');
  writeFileSync(path, CONFIG);
  const env = {
    LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
    LIFEGUARD_API_LISTEN: '127.0.0.1:0',
    LIFEGUARD_DATA_DIR: join(directory, 'data'),
  };
  const started = async () => {
    const loaded = loadConfig({ env, path });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return start(loaded.config, createLogger({ level: 'silent' }), { monitor: true });
  };
  let node: Running = await started();
  onTestFinished(() => node.stop());

  async function call(method: string, route: string, body?: object) {
    const headers = { authorization: `Bearer ${node.token}` };
    const response = await fetch(node.api + route, {
      ...{ method, headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape.
    const answer = (await response.json()) as any;
    if (!answer.success) throw new Error(JSON.stringify(answer.errors));
    return answer.result;
  }
  /** What the pool and the load balancer answer. */
  const answers = () =>
    Promise.all(
      ['web.pools', 'www'].map(
        async (label) => (await call('GET', `/lifeguard/v1/explain?name=${label}.example.com`)).answer,
      ),
    );

  const endpoint = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const { port } = endpoint.address() as AddressInfo;
  const user = '/client/v4/user/load_balancers';
  const monitor = await call('POST', `${user}/monitors`, {
    ...{ type: 'tcp', port, interval: 1, timeout: 1, retries: 0 },
  });
  const origins = ['127.0.0.1', '127.0.0.9'].map((address, i) => ({ name: `web-${i}`, address }));
  const web = await call('POST', `${user}/pools`, {
    ...{ name: 'web', monitor: monitor.id, origins, all_down: 'last_healthy' },
  });
  await call('POST', '/client/v4/accounts/x/load_balancers', {
    ...{ name: 'www.example.com', default_pools: [web.id], fallback_pool: web.id, all_down: 'last_healthy' },
  });
  const last = [['127.0.0.1'], ['127.0.0.1']];
  await vi.waitFor(async () => expect(await answers()).toEqual(last), SOON);

  await new Promise((resolve) => endpoint.close(resolve));
  const allDown = async () => {
    const { load_balancer: found } = await call('GET', '/lifeguard/v1/explain?name=www.example.com');
    return found?.all_down;
  };
  await vi.waitFor(async () => expect(await allDown()).toBe('last_healthy'), SOON);
  expect(await answers()).toEqual(last);
  await node.stop();
  node = await started();
  await vi.waitFor(async () => expect(await allDown()).toBe('last_healthy'), SOON);
  expect(await answers()).toEqual(last);
}, 60_000);
