import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PROJECT } from '../support/source-tree.ts';
import { fencesOf, replaced } from './fences.ts';

/** Longest wait for the demo to run, and for health to change as README.md says, milliseconds. */
const WAIT_MS = 15_000;
const run = promisify(execFile);

/** The commands of README's tour, each with the output it shows. */
const [demoCommand, ...commands] = fencesOf(readFileSync(join(PROJECT, 'README.md'), 'utf8'))
  .filter(({ language }) => language === 'console')
  .flatMap(({ text }) => text.split(/^\$ /m).slice(1))
  .map((part) => {
    const [command, ...output] = part.split('\n');
    return { command: command!, output: output.join('\n') };
  });

let directory: string;
let stop: () => Promise<unknown[]>;
let said = '';

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-tour-'));
  const demo = spawn(process.execPath, [join(PROJECT, 'src/lifeguard.js'), 'demo'], {
    cwd: directory,
    env: { PATH: process.env.PATH, LIFEGUARD_DNS_LISTEN: '127.0.0.1:0', LIFEGUARD_API_LISTEN: '127.0.0.1:0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(demo, 'exit');
  demo.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  stop = () => {
    demo.kill('SIGINT');
    return ended;
  };
  await vi.waitFor(() => expect(said).toContain('Ctrl-C ends the demo'), { timeout: WAIT_MS, interval: 50 });
});

afterEach(async () => {
  expect(await stop()).toEqual([0, null]);
  rmSync(directory, { recursive: true });
});

test('README: every command of the tour prints what it shows', async () => {
  expect(demoCommand!.command).toBe('npm start');
  const ports = portsOf(said);
  expect(asInReadme(said, ports)).toContain(demoCommand!.output);
  expect(commands.length).toBeGreaterThan(8);
  const variables = join(directory, 'variables');
  for (const { command, output } of commands) {
    const here = `${withPorts(command, ports)}\n{ declare -p api auth monitor pool >${variables}; } 2>/dev/null`;
    const once = async () => {
      const script = `[[ -e ${variables} ]] && source ${variables}\n${here}`;
      const { stdout } = await run('bash', ['-c', script], { cwd: directory }).catch((error) => error);
      expect(comparable(asInReadme(stdout, ports)), command).toEqual(comparable(output));
    };
    // What asks may be asked again, until health has followed.
    const asks = !command.includes('-X POST') && !command.includes(' -d ');
    await (asks ? vi.waitFor(once, { timeout: WAIT_MS, interval: 200 }) : once());
  }
  expect(said).toMatch(/ two at 127\.0\.0\.2: healthy → unhealthy \(TCP connection failed\)/);
}, 90_000);

/** Ports in README.md, and where this demo listens instead. */
type Ports = readonly { readonly shown: string; readonly real: string }[];

function portsOf(text: string): Ports {
  const found = (pattern: RegExp) => pattern.exec(text)![1]!;
  const web = (n: number) => ({
    shown: `127.0.0.${n}:5382`,
    real: `127.0.0.${n}:${found(new RegExp(`127\\.0\\.0\\.${n}:(\\d+)/(?: |\\n)`))}`,
  });
  return [
    { shown: '127.0.0.1:5300', real: `127.0.0.1:${found(/DNS at 127\.0\.0\.1:(\d+)/)}` },
    { shown: '127.0.0.1:5380', real: `127.0.0.1:${found(/API at http:\/\/127\.0\.0\.1:(\d+)/)}` },
    { shown: '127.0.0.1:5381', real: `127.0.0.1:${found(/http:\/\/127\.0\.0\.1:(\d+)\/stop/)}` },
    web(1),
    web(2),
    web(3),
  ];
}

/** The other spellings of an address with its port: of dig, and of a pool's endpoint. */
function spellings(socket: string): string[] {
  const [address, port] = socket.split(':');
  return [
    socket,
    `@${address} -p ${port}`,
    `"address":"${address}","port":${port}`,
    endpointWithWeight(socket),
  ];
}

function endpointWithWeight(socket: string): string {
  const [address, port] = socket.split(':');
  return `"address":"${address}","enabled":true,"weight":1,"port":${port}`;
}

function withPorts(command: string, ports: Ports): string {
  return translate(
    command,
    ports.map(({ shown, real }) => [shown, real]),
  );
}

function asInReadme(text: string, ports: Ports): string {
  return translate(
    text,
    ports.map(({ shown, real }) => [real, shown]),
  );
}

function translate(text: string, sockets: readonly (readonly [string, string])[]): string {
  const pairs = sockets.flatMap(([from, to]) => {
    const others = spellings(to);
    return spellings(from).map((spelling, i) => [spelling, others[i]!] as const);
  });
  return pairs.reduce((done, [from, to]) => (done.includes(from) ? replaced(done, from, to) : done), text);
}

/** Lines without what differs from run to run: ids, times, and the order of addresses. */
function comparable(output: string): string[] {
  return output
    .replaceAll(/\b[0-9a-f]{32}\b/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/"rtt":"[\d.]+ms"/g, 'RTT')
    .replaceAll(/\bid: \d+/g, 'id: N')
    .replaceAll(/[\t ]+/g, ' ')
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}
