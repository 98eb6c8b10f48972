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
    /** By UDP and TCP together. */
    'per-second': { type: 'string', default: '20000' },
    /** By TLS and HTTPS together. */
    'encrypted-per-second': { type: 'string', default: '4000' },
    replacements: { type: 'string', default: '10' },
    reloads: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '200' },
  },
});
const replacements = Number(values.replacements);
const reloadsEach = Math.ceil(Number(values.reloads) / replacements);
/** Time between two reloads, milliseconds. */
const RELOAD_EVERY_MS = 200;
/** dnsperf counts a query as lost after this time, seconds: the longest that a busy machine may hold up a process. */
const LOST_SECONDS = 10;

const stage = await setStage();
try {
  let server = await stage.start();
  const questions = join(stage.directory, 'questions');
  writeFileSync(questions, 'a.example.com A\n');
  const half = Number(values['per-second']) / 2;
  const encrypted = Number(values['encrypted-per-second']) / 2;
  const loads = [
    startDnsperf('udp', stage.places.dns, half),
    startDnsperf('tcp', stage.places.dns, half),
    startDnsperf('dot', stage.places.tls, encrypted),
    startDnsperf('doh', stage.places.https, encrypted),
  ];
  const asking = startAsking('a.example.com', [192, 0, 2, 1], stage.places);
  await sleep(1_000);
  /** A server that was replaced ends when its last connection does. */
  const left: Promise<unknown[]>[] = [];
  for (let at = 1; at <= replacements; at += 1) {
    const old = server;
    left.push(once(old.process, 'exit'));
    const fromMs = performance.now();
    server = await stage.start(['--replace']);
    process.stdout.write(`replacement ${at}: ${((performance.now() - fromMs) / 1_000).toFixed(1)} s\n`);
    for (let reload = 0; reload < reloadsEach; reload += 1) {
      server.process.kill('SIGHUP');
      await sleep(RELOAD_EVERY_MS);
    }
  }
  if (loads.some((load) => load.isOver)) {
    process.stdout.write('the load ended before the last replacement: give it more --seconds\n');
    process.exitCode = 1;
  }
  await asking.stop();
  const { asked, endings, faults } = asking;
  process.stdout.write(
    `answers as they must be: ${JSON.stringify(asked)}; faults: ${JSON.stringify(faults)}; connections that ended: ${JSON.stringify(endings)}\n`,
  );
  if (faults.length + endings.length > 0) process.exitCode = 1;
  for (const load of loads) {
    const { mode, isFaultless, text } = await load.end();
    process.stdout.write(`dnsperf, ${mode}:\n${text}`);
    if (!isFaultless) process.exitCode = 1;
  }
  const codes = (await Promise.all(left)).map(([code]) => code);
  process.stdout.write(`the servers that were replaced exit with ${codes}\n`);
  if (codes.some((code) => code !== 0)) process.exitCode = 1;

  /** Asks at a rate until it is stopped. */
  function startDnsperf(mode: 'udp' | 'tcp' | 'dot' | 'doh', port: number, perSecond: number) {
    const limits = [
      '-c',
      '4',
      '-T',
      '1',
      '-t',
      String(LOST_SECONDS),
      '-Q',
      String(perSecond),
      '-q',
      // dnsperf 2.10 ends where two answers by HTTPS come at once.
      mode === 'doh' ? '1' : '100',
      '-l',
      values.seconds,
    ];
    const at = ['-s', '127.0.0.1', '-p', String(port), '-m', mode, '-d', questions];
    if (mode === 'doh') at.push('-O', `doh-uri=https://127.0.0.1:${port}/dns-query`);
    const child = spawn('dnsperf', [...at, ...limits], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    let said = '';
    let isOver = false;
    child.once('close', () => {
      isOver = true;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    return {
      /** true: it ended before the last replacement. */
      get isOver() {
        return isOver;
      },
      async end() {
        await closed;
        const text = said.slice(said.indexOf('Statistics:'));
        const count = (what: string) => Number(new RegExp(`${what}:\\s+(\\d+)`).exec(said)?.[1]);
        const lost = count('Queries lost') + (mode === 'udp' ? 0 : count('Reconnections'));
        return { mode, text, isFaultless: lost === 0 && !said.includes('interrupted') };
      },
    };
  }
} finally {
  await endAll();
  stage.remove();
}
