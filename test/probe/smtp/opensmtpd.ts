import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** Longest wait until it listens, milliseconds. */
const START_MS = 15_000;

/** Whether OpenSMTPD (Debian: opensmtpd) is here and may be started: it changes its users by itself, which takes root. */
export function hasOpenSmtpd(): boolean {
  const { stderr } = spawnSync('smtpd', ['-h'], { encoding: 'utf8' });
  return process.getuid?.() === 0 && stderr?.startsWith('version: OpenSMTPD') === true;
}

/** What becomes of mail: it goes to the users of this machine. */
const LOCAL = 'action "local" maildir\nmatch for local action "local"\n';

/** Starts OpenSMTPD on a loopback port until the test ends. `rules`: what becomes of mail, in the words of smtpd.conf. */
export async function startOpenSmtpd(port: number, rules = LOCAL): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-smtpd-'));
  const file = join(directory, 'smtpd.conf');
  writeFileSync(file, `listen on 127.0.0.1 port ${port}\n${rules}`);
  let child: ChildProcess | undefined;
  let said = '';
  let hasEnded = false;
  onTestFinished(async () => {
    if (child !== undefined && !hasEnded) {
      child.kill();
      await once(child, 'close');
    }
    rmSync(directory, { recursive: true });
  });
  for (const until = performance.now() + START_MS; performance.now() < until; await sleep(20)) {
    // A machine has one at a time: that of another test goes away soon.
    if (child === undefined || (hasEnded && said.includes('already listening'))) {
      said = '';
      hasEnded = false;
      child = spawn('smtpd', ['-d', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [child.stdout!, child.stderr!])
        stream.on('data', (piece: Buffer) => {
          said = (said + piece.toString()).slice(-4_000);
        });
      // After all that it said: `exit` may come before.
      child.once('close', () => {
        hasEnded = true;
      });
    }
    if (hasEnded && !said.includes('already listening')) break;
    if (await isListening(port)) return;
  }
  throw new Error(`smtpd does not listen: ${said}`);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.end('QUIT\r\n');
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
