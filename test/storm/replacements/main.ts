/**
 * A server is replaced and reloaded again and again under load: `npm run storm:replacements`. README.md tells what must hold.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startAsking } from '../../e2e/replace/asking.ts';
import { setStage } from '../../e2e/replace/stage.ts';
import { endAll } from '../../support/lifeguard.ts';

const { values } = parseArgs({
  options: {
    'per-second': { type: 'string', default: '20000' },
    replacements: { type: 'string', default: '10' },
    reloads: { type: 'string', default: '50' },
  },
});
const replacements = Number(values.replacements);
const reloadsEach = Math.ceil(Number(values.reloads) / replacements);
/** Time between two reloads, milliseconds. */
const RELOAD_EVERY_MS = 200;
/** dnsperf counts a query as lost after so long, seconds: the longest that a busy machine may hold up a process. */
const LOST_SECONDS = 10;
/** Without a limit, dnsperf ends with its file of questions. It is stopped long before this, seconds. */
const LOAD_SECONDS = 3_600;

const stage = await setStage();
try {
  let server = await stage.start();
  const questions = join(stage.directory, 'questions');
  writeFileSync(questions, 'a.example.com A\n');
  const half = Number(values['per-second']) / 2;
  const loads = [startDnsperf('udp', half), startDnsperf('tcp', half)];
  const asking = startAsking('a.example.com', [192, 0, 2, 1], stage.places);
  await sleep(1_000);
  for (let at = 1; at <= replacements; at += 1) {
    const old = server;
    const ended = once(old.process, 'exit');
    const fromMs = performance.now();
    server = await stage.start(['--replace']);
    const [code] = await ended;
    process.stdout.write(
      `replacement ${at}: ${((performance.now() - fromMs) / 1_000).toFixed(1)} s, the old server exits with ${code}\n`,
    );
    if (code !== 0) process.exitCode = 1;
    for (let reload = 0; reload < reloadsEach; reload += 1) {
      server.process.kill('SIGHUP');
      await sleep(RELOAD_EVERY_MS);
    }
  }
  await asking.stop();
  const { asked, faults } = asking;
  process.stdout.write(
    `answers as they must be: ${JSON.stringify(asked)}; faults: ${JSON.stringify(faults)}\n`,
  );
  if (faults.length > 0) process.exitCode = 1;
  for (const load of loads) {
    const { mode, lost, text } = await load.stop();
    process.stdout.write(`dnsperf, ${mode}:\n${text}`);
    // By TCP it does not ask again on another connection what was on its way when one was closed (RFC 7766 §6.2.4).
    if (mode === 'udp' && lost !== 0) process.exitCode = 1;
  }

  /** Asks at a rate until it is stopped. */
  function startDnsperf(mode: 'udp' | 'tcp', perSecond: number) {
    const limits = [
      '-c',
      '4',
      '-T',
      '1',
      '-t',
      String(LOST_SECONDS),
      '-Q',
      String(perSecond),
      '-l',
      String(LOAD_SECONDS),
    ];
    const at = ['-s', '127.0.0.1', '-p', String(stage.places.dns), '-m', mode, '-d', questions];
    const child = spawn('dnsperf', [...at, ...limits], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    return {
      async stop() {
        child.kill('SIGINT');
        await closed;
        const text = said.slice(said.indexOf('Statistics:'));
        return { mode, text, lost: Number(/Queries lost:\s+(\d+)/.exec(said)?.[1]) };
      },
    };
  }
} finally {
  await endAll();
  stage.remove();
}
