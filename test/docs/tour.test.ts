import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type DemoEndpoints, startDemoEndpoints } from '../../src/demo/endpoints.ts';
import { PROJECT } from '../support/source-tree.ts';
import { commandsOf, comparable, type Shown, terminalIn } from './console.ts';
import { fileInPages, replaced } from './fences.ts';

/** Longest wait for a process to run, and for health to change as README.md says, milliseconds. */
const WAIT_MS = 30_000;

const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8');
const OWN_ZONE = '## Your own zone in ten minutes';
const [tour, ownZone] = readme.split(OWN_ZONE).map(commandsOf) as [Shown[], Shown[]];

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-tour-'));
  // The tour runs in the project folder.
  symlinkSync(join(PROJECT, 'bin'), join(directory, 'bin'));
});

afterAll(() => rmSync(directory, { recursive: true }));

test('README: every command of the tour prints what it shows', async () => {
  const [demoCommand, ...commands] = tour;
  expect(demoCommand!.command).toBe('npm start');
  expect(commands.length).toBeGreaterThan(8);
  const demo = startLifeguard(['demo'], directory);
  try {
    await vi.waitFor(() => expect(demo.printed()).toContain('Ctrl-C ends the demo'), {
      timeout: WAIT_MS,
      interval: 50,
    });
    const ports = portsOf(demo.printed());
    expect(asShown(demo.printed(), ports)).toContain(demoCommand!.output);
    const terminal = terminalIn(directory, { PATH: process.env.PATH, LIFEGUARD_API_LISTEN: ports[1]!.real });
    for (const each of commands) await runsAsShown(each, terminal, ports);
    expect(demo.printed()).toMatch(/ two at 127\.0\.0\.2: healthy → unhealthy \(TCP connection failed\)/);
  } finally {
    await demo.stop();
  }
}, 90_000);

test('README: your own zone runs as written', async () => {
  const folder = join(directory, 'my-zone');
  mkdirSync(folder);
  const file = replaced(fileInPages('my-zone.yaml'), '127.0.0.1:5300', '127.0.0.1:0');
  writeFileSync(join(folder, 'my-zone.yaml'), file);
  const [check, start, ...commands] = ownZone;
  const env = { PATH: `${PROJECT}bin:${process.env.PATH}` };
  await runsAsShown(check!, terminalIn(folder, env), []);
  const web = await startDemoEndpoints();
  const server = startLifeguard(replaced(start!.command, 'lifeguard ', '').split(' '), folder);
  try {
    const ports = [...(await listeningPorts(server.printed)), ...webPorts(web)];
    const terminal = terminalIn(folder, { ...env, LIFEGUARD_API_LISTEN: ports[1]!.real });
    for (const each of commands) await runsAsShown(each, terminal, ports);
  } finally {
    await Promise.all([server.stop(), web.stop()]);
  }
}, 90_000);

/** Runs a command until it prints what the page shows; one that changes something, once. */
async function runsAsShown(
  { command, output }: Shown,
  terminal: (command: string) => Promise<string>,
  ports: Ports,
): Promise<void> {
  const runs = async () => {
    const printed = asShown(await terminal(asHere(command, ports)), ports);
    if (output !== '') expect(comparable(printed), command).toEqual(comparable(output));
    else expect(printed, command).not.toMatch(/^error:|validation|^No |"success":false|unhealthy| no /m);
  };
  const asks = /^dig | explain | health /.test(command);
  await (asks ? vi.waitFor(runs, { timeout: WAIT_MS, interval: 200 }) : runs());
}

interface Process {
  /** All that it has printed. */
  readonly printed: () => string;
  /** Ends it as Ctrl-C does, and expects that it exits with 0. */
  readonly stop: () => Promise<void>;
}

/** Starts a process of Lifeguard on free ports. */
function startLifeguard(words: readonly string[], cwd: string): Process {
  let printed = '';
  const child: ChildProcess = spawn(process.execPath, [join(PROJECT, 'src/lifeguard.js'), ...words], {
    cwd,
    env: { PATH: process.env.PATH, LIFEGUARD_DNS_LISTEN: '127.0.0.1:0', LIFEGUARD_API_LISTEN: '127.0.0.1:0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  return {
    printed: () => printed,
    stop: async () => {
      child.kill('SIGINT');
      expect(await ended).toEqual([0, null]);
    },
  };
}

/** Sockets in README.md, and those here instead: DNS, the API, then others. */
type Ports = readonly { readonly shown: string; readonly real: string }[];

function found(text: string, pattern: RegExp): string {
  return pattern.exec(text)![1]!;
}

function portsOf(printed: string): Ports {
  const web = (n: number) => ({
    shown: `127.0.0.${n}:5382`,
    real: `127.0.0.${n}:${found(printed, new RegExp(`127\\.0\\.0\\.${n}:(\\d+)/(?: |\\n)`))}`,
  });
  return [
    { shown: '127.0.0.1:5300', real: `127.0.0.1:${found(printed, /DNS at 127\.0\.0\.1:(\d+)/)}` },
    { shown: '127.0.0.1:5380', real: `127.0.0.1:${found(printed, /API at http:\/\/127\.0\.0\.1:(\d+)/)}` },
    { shown: '127.0.0.1:5381', real: `127.0.0.1:${found(printed, /http:\/\/127\.0\.0\.1:(\d+)\/stop/)}` },
    web(1),
    web(2),
    web(3),
  ];
}

async function listeningPorts(printed: () => string): Promise<Ports> {
  const entry = await vi.waitFor(() => found(printed(), /"dns":\["([^"]*)"\].*"api":"/), {
    timeout: WAIT_MS,
    interval: 50,
  });
  return [
    { shown: '127.0.0.1:5300', real: entry },
    { shown: '127.0.0.1:5380', real: found(printed(), /"api":"http:\/\/([^"]*)"/) },
  ];
}

/** The web servers of the reader are those of the demo. */
function webPorts({ endpoints }: DemoEndpoints): Ports {
  return endpoints.map(({ address, port }, index) => ({
    shown: `192.0.2.1${index + 1}`,
    real: `${address}:${port}`,
  }));
}

/** The other spellings of a socket: of dig, of an endpoint on the command line, and of one in JSON. */
function spellings(socket: string): string[] {
  const [address, port] = socket.split(':');
  if (port === undefined) return [socket];
  return [socket, `@${address} -p ${port}`, `${address},port=${port}`, `"port":${port}`, `--port ${port}`];
}

/** Puts the sockets of this run into a command of the page. */
function asHere(command: string, ports: Ports): string {
  return ports.reduce((text, { shown, real }) => {
    const [address, port] = real.split(':');
    if (!shown.includes(':')) return text.replaceAll(shown, `${address},port=${port}`);
    const others = spellings(real);
    return spellings(shown).reduce((done, from, index) => done.replaceAll(from, others[index]!), text);
  }, command);
}

/** Puts the sockets of the page into what was printed. */
function asShown(printed: string, ports: Ports): string {
  return ports.reduce((text, { shown, real }) => {
    if (!shown.includes(':')) return text.replaceAll(real.split(':')[0]!, shown);
    const others = spellings(shown);
    return spellings(real).reduce((done, from, index) => done.replaceAll(from, others[index]!), text);
  }, printed);
}
