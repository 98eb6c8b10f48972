import { createServer } from 'node:http';
import process from 'node:process';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createResolve } from '../../../src/probe/dns/resolve.ts';
import { createPing } from '../../../src/probe/icmp/ping.ts';
import { probe } from '../../../src/probe/probe.ts';
import { makeCheck } from '../checks.ts';
import { listen } from '../listen.ts';

const options = { resolve: createResolve(), ping: createPing() };

test('many checks of every kind leave nothing running', async () => {
  const { port } = await listen(
    createServer((request, response) => {
      if (request.url === '/slow') response.write('x');
      else response.end('alive');
    }),
  );
  const running = () =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout' || kind === 'TCPSocketWrap');
  const before = running().length;
  const monitors = [
    {},
    { path: '/slow', expectedBody: 'alive', timeoutSeconds: 0.1 },
    { expectedBody: 'dead' },
  ];
  await Promise.all(
    Array.from({ length: 60 }, (_, i) => probe(makeCheck(monitors[i % 3]!, { port }), options)),
  );
  // vi.waitFor waits with timers, and the test runner may begin one at any time.
  const untilMs = performance.now() + 20_000;
  let fewest = running().length;
  for (; fewest > before && performance.now() < untilMs; fewest = Math.min(fewest, running().length))
    await setImmediate();
  expect(fewest).toBeLessThanOrEqual(before);
});
