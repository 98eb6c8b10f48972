/** A server that replaces another is killed on its way: the other goes on, whatever had been handed over. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { endSessions } from '../../serve/encrypted/doh-client.ts';
import { disconnectAll } from '../../serve/encrypted/stream-client.ts';
import { call, create } from '../../support/api.ts';
import { endAll, type LifeguardProcess } from '../../support/lifeguard.ts';
import { type Asking, startAsking } from './asking.ts';
import { STEPS } from './part-way.ts';
import { type Stage, setStage } from './stage.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const SOON = { timeout: 60_000, interval: 50 };
const GOES_ON = [
  'A server could not replace this one, which goes on.',
  'The new server ended, or was too slow, before it took over. This one goes on.',
  'The new server ended, or was too slow, when it took over. This one works again.',
];

let stage: Stage;
let server: LifeguardProcess;
let asking: Asking;

const said = ({ log }: LifeguardProcess) => log.map(({ msg }) => String(msg));

beforeAll(async () => {
  stage = await setStage();
  server = await stage.start();
  asking = startAsking('a.example.com', [192, 0, 2, 1], stage.places);
});
afterAll(async () => {
  await asking.stop();
  endSessions();
  disconnectAll();
  await endAll();
  stage.remove();
});

async function playUntil(step: string) {
  const file = join(import.meta.dirname, 'part-way.ts');
  const child = spawn(process.execPath, [file, join(stage.directory, 'data'), step], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [text] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  expect(text).toBe(`${step}\n`);
  return child;
}

test.each(STEPS)('a new server that %s is killed, and the old one works', async (step) => {
  const before = server.log.length;
  const child = await playUntil(step);
  child.kill('SIGKILL');
  await once(child, 'exit');
  // It says so once it has noticed, whatever the step was.
  await vi.waitFor(
    () =>
      expect(
        said(server)
          .slice(before)
          .filter((line) => GOES_ON.includes(line)),
      ).toHaveLength(1),
    SOON,
  );
  const name = `after-${STEPS.indexOf(step)}`;
  await vi.waitFor(async () => expect((await call(server, 'GET', '/pools')).success).toBe(true), SOON);
  await create(server, '/pools', { name, origins: [{ name: 'a', address: '192.0.2.7' }] });
  expect([asking.faults, asking.endings]).toEqual([[], []]);
});

test('of two new servers at once, the second is refused, and says why', async () => {
  const first = await playUntil('was welcomed');
  await expect(stage.start(['--replace'])).rejects.toThrow(
    'Cannot replace the running server: another server is replacing it already.',
  );
  first.kill('SIGKILL');
  await once(first, 'exit');
});

test('another server replaces it afterwards, with all that was written', async () => {
  const old = server;
  server = await stage.start(['--replace']);
  const { result } = await call(server, 'GET', '/pools');
  expect(result.map(({ name }: { name: string }) => name).sort()).toEqual(
    STEPS.map((_, at) => `after-${at}`),
  );
  await asking.stop();
  expect([asking.faults, asking.endings]).toEqual([[], []]);
  await vi.waitFor(() => expect(old.process.exitCode).toBe(0), SOON);
});
