import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { call, create } from '../../support/api.ts';
import { type LongCommand, runCommand, startCommand } from '../../support/command-line.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';

let directory: string;
let all: LifeguardProcess;
const commands: LongCommand[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-e2e-'));
  all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
}, 30_000);
afterAll(async () => {
  for (const { process } of commands) process.kill('SIGKILL');
  await endAll();
  rmSync(directory, { recursive: true });
});

function follow(...words: string[]): LongCommand {
  const command = startCommand(all, ['events', '-f', ...words]);
  commands.push(command);
  return command;
}

const makePool = (name: string) =>
  create(all, '/pools', { name, origins: [{ name: 'a', address: '192.0.2.1' }] });
const line = (method: string, what: string) =>
  new RegExp(`^\\S+Z +audit +${what} +${method} +by bootstrap, revision [0-9]+$`);
const soon = { timeout: 40_000, interval: 200 };

test('events -f prints past and new events, across a restart of the server, until Ctrl-C', async () => {
  const one = await makePool('one');
  await makePool('two');
  const people = follow('-n', '1', '--kind', 'audit');
  const programs = follow('-n', '1', '--json', '--kind', 'audit', '--pool', 'one');
  await vi.waitFor(
    () => expect(people.lines).toEqual([expect.stringMatching(line('POST', 'pool two'))]),
    soon,
  );
  await vi.waitFor(() => expect(programs.lines.length).toBe(1), soon);
  // Later events arrive live.
  await call(all, 'PATCH', `/pools/${one.id}`, { description: 'x' });
  await vi.waitFor(() => expect(people.lines.at(-1)).toMatch(line('PATCH', 'pool one')), soon);
  await vi.waitFor(() => expect(programs.lines.length).toBe(2), soon);

  const { host } = new URL(all.api);
  await all.end();
  all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_API_LISTEN: host });
  await call(all, 'PATCH', `/pools/${one.id}`, { description: 'y' });
  await makePool('three');
  await vi.waitFor(
    () =>
      expect(people.lines.slice(2)).toEqual([
        expect.stringMatching(line('PATCH', 'pool one')),
        expect.stringMatching(line('POST', 'pool three')),
      ]),
    soon,
  );
  await vi.waitFor(() => expect(programs.lines.length).toBe(3), soon);
  expect(programs.lines.map((each) => JSON.parse(each))).toMatchObject([
    { kind: 'audit', method: 'POST', object: { kind: 'pool', name: 'one' } },
    { kind: 'audit', method: 'PATCH', object: { kind: 'pool', name: 'one' } },
    { kind: 'audit', method: 'PATCH', object: { kind: 'pool', name: 'one' } },
  ]);
  expect(people.stderr()).not.toBe('');
  expect([await people.end('SIGINT'), await programs.end('SIGTERM')]).toEqual([0, 0]);
}, 120_000);

test('events prints the requested number, oldest first, as a table', async () => {
  const run = await runCommand(all, ['events', '-n', '2', '--kind', 'audit']);
  expect([run.code, run.stderr]).toEqual([0, '']);
  expect(run.stdout.split('\n').map((each) => each.split(/ {2,}/))).toEqual([
    ['TIME', 'KIND', 'WHAT', 'CHANGE', 'WHY'],
    [expect.stringMatching(/Z$/), 'audit', 'pool one', 'PATCH', expect.stringMatching(/^by bootstrap/)],
    [expect.stringMatching(/Z$/), 'audit', 'pool three', 'POST', expect.stringMatching(/^by bootstrap/)],
    [''],
  ]);
}, 30_000);
