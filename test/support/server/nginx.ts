import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.ts';

/** Longest wait for nginx to listen, milliseconds. */
const START_MS = 10_000;

/** A real nginx of this test's own. */
export interface Nginx {
  /** Ports of the servers, in their order. */
  readonly ports: readonly number[];
  stop(): Promise<void>;
}

/** Where nginx runs. */
export interface NginxPlace {
  /** Words before the command, such as those that run it in another network. */
  readonly prefix?: readonly string[];
  /** Where it is asked whether it listens; absent: the first server's port of 127.0.0.1. */
  readonly asked?: { readonly address: string; readonly port: number };
}

/**
 * Starts the nginx of PATH with these server blocks, in which `{port}` stands for a free port, another for each, and
 * `{directory}` for a directory with these files. Throws with its output when it does not listen.
 */
export async function startNginx(
  servers: readonly string[],
  files: Readonly<Record<string, string | Uint8Array>> = {},
  { prefix = [], asked }: NginxPlace = {},
): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-nginx-'));
  mkdirSync(join(directory, 'temp'));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(directory, name), content, { mode: 0o644 });
  const ports = await Promise.all(servers.map(freePort));
  const blocks = servers.map((block, i) =>
    block.replaceAll('{port}', String(ports[i])).replaceAll('{directory}', directory),
  );
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/temp/${name};`,
  );
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  writeFileSync(
    join(directory, 'nginx.conf'),
    `${user} daemon off; master_process off; pid ${directory}/pid; error_log stderr;
     events {} http { access_log off; ${temps.join(' ')} ${blocks.join('\n')} }`,
  );
  const [command, ...args] = [...prefix, 'nginx', '-p', directory, '-c', join(directory, 'nginx.conf')];
  const child = spawn(command!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'close');
  const stop = async () => {
    kill();
    await ended;
    process.off('exit', kill);
    rmSync(directory, { recursive: true });
  };
  if (await listens(child, asked ?? { address: '127.0.0.1', port: ports[0]! })) return { ports, stop };
  await stop();
  throw new Error(`nginx does not listen: ${said}`);
}

async function listens(
  child: ChildProcess,
  { address, port }: NonNullable<NginxPlace['asked']>,
): Promise<boolean> {
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(20)) {
    if (child.exitCode !== null) return false;
    const socket = connect(port, address);
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'close').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return true;
  }
  return false;
}
