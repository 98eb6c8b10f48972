import process from 'node:process';
import type { Config } from '../config/config.ts';
import type { Loaded } from '../config/source/load.ts';
import { type DemoEndpoints, startDemoEndpoints } from '../demo/endpoints.ts';
import { DEMO_POOL, seedDemo } from '../demo/seed.ts';
import { formatName, type WireName } from '../dns/name.ts';
import { HEALTH_CHANGED } from '../monitor/check-runs.ts';
import { escapeText } from '../pool/plain-text.ts';
import { createLogger, type Logger } from '../telemetry/log.ts';
import { ExitCode, explain, OperatorError } from './exit.ts';
import { configOf, readConfig } from './load.ts';
import { type Running, start } from './run.ts';
import { type GiveUp, type OnHangUp, type OnStop, runUntilSignal } from './signals.ts';

/** Runs `lifeguard demo`: `all` with a pool over local web servers, and a tour. Rejects with OperatorError. */
export async function runDemo(path: string | undefined): Promise<void> {
  const config = configOf(path);
  const owner = config.zones.find(({ pools }) => pools !== undefined)?.pools;
  if (owner === undefined)
    throw new OperatorError(
      'The demo needs a zone with a "pools" name: configure zones[].pools.',
      ExitCode.BAD_CONFIGURATION,
    );
  if (config.api.tls !== undefined)
    throw new OperatorError(
      'The demo uses the API over HTTP. Remove api.tls from the configuration.',
      ExitCode.BAD_CONFIGURATION,
    );
  const log = demoLogger();
  goOnUnprinted(log);
  await runUntilSignal(log, (onStop, giveUp, onHangUp) =>
    tourOf(config, owner, log, { onStop, giveUp, onHangUp, read: () => readConfig(path) }),
  );
}

/** Has the demo go on when a full disk keeps it from printing: it is a server, and answers all the same. */
function goOnUnprinted(log: Logger): void {
  let isLogged = false;
  const goOn = (err: NodeJS.ErrnoException) => {
    // The reader of the output closed it.
    if (err.code === 'EPIPE') process.exit(0);
    if (!isLogged)
      log.error({ err }, 'Cannot write to standard output. The demo goes on and prints nothing more.');
    isLogged = true;
  };
  // Commands end there (main.ts). A listener is added before theirs is removed, so that there is always one.
  const earlier = process.stdout.listeners('error') as ((error: Error) => void)[];
  process.stdout.on('error', goOn);
  for (const listener of earlier) process.stdout.off('error', listener);
}

interface TourOptions {
  readonly onStop: OnStop;
  readonly giveUp: GiveUp;
  readonly onHangUp: OnHangUp;
  /** Reads the configuration for a reload. */
  readonly read: () => Loaded;
}

/** Starts the server and the web servers, creates the pool, and prints the tour. */
async function tourOf(
  config: Config,
  owner: WireName,
  log: Logger,
  { onStop, giveUp, onHangUp, read }: TourOptions,
): Promise<void> {
  const running = await start(config, log, { monitor: true, giveUp, read });
  onStop(running.stop);
  onHangUp(running.reload);
  const demo = await startDemoEndpoints().catch(
    explain('Cannot start the web servers of the demo', 'They need 127.0.0.1, 127.0.0.2 and 127.0.0.3'),
  );
  onStop(async () => {
    await Promise.all([running.stop(), demo.stop()]);
  });
  try {
    await seedDemo(running.api, running.token, demo.endpoints);
  } catch (error) {
    throw new OperatorError(`Cannot create the pool of the demo: ${(error as Error).message}`);
  }
  process.stdout.write(tour(config, running, demo, `${DEMO_POOL}.${formatName(owner).slice(0, -1)}`));
}

/** Creates a logger that prints health transitions to standard output, whatever the log level, and warnings and errors to standard error. */
function demoLogger(): Logger {
  return createLogger({
    level: 'info',
    destination: {
      write(line: string) {
        const entry = JSON.parse(line) as Record<string, unknown>;
        if (entry.msg === HEALTH_CHANGED) process.stdout.write(inWords(entry));
        else if (entry.level !== 'info') process.stderr.write(line);
        else if (entry.signal !== undefined) process.stdout.write(`${entry.msg}\n`);
      },
    },
  });
}

function inWords({ time, endpoint, address, was, now, reason }: Record<string, unknown>): string {
  const because = now === 'healthy' ? '' : ` (${reason})`;
  return escapeText(`${String(time).slice(11, 19)}  ${endpoint} at ${address}: ${was} → ${now}${because}\n`);
}

function tour(config: Config, running: Running, { endpoints, control }: DemoEndpoints, name: string): string {
  const dns = /^\[?(.*?)\]?:(\d+)$/.exec(running.dns[0]!)!;
  const dig = `dig @${dns[1]} -p ${dns[2]}`;
  const token =
    config.api.token === undefined ? `$(cat ${config.dataDir}/admin-token)` : '$LIFEGUARD_API_TOKEN';
  const link = running.loginLink();
  const look =
    link === undefined
      ? ''
      : `Open the dashboard; this link logs in once, within ten minutes:\n  ${link}\n\n`;
  const members = endpoints.map((each) => `${each.name} http://${each.address}:${each.port}/`).join('  ');
  return `
Lifeguard answers DNS at ${running.dns.join(', ')}, and its API at ${running.api}.
The pool "${DEMO_POOL}" has three small web servers, which are probed every second:
  ${members}

${look}Try this in another terminal:

  Query the pool: three addresses, in another order each time.
    ${dig} ${name} +short

  Stop the second server. After two failed probes its address leaves the answer. Start it, and it returns.
    curl -X POST ${control}/stop/2
    curl -X POST ${control}/start/2

  Ask why the name has its answer, and what the checks found (in the project folder bin/lifeguard).
    lifeguard explain ${name}
    lifeguard health ${DEMO_POOL}

  Stop all three: the name still exists, without an address (NOERROR with the SOA record).
    for i in 1 2 3; do curl -X POST ${control}/stop/$i; done
    ${dig} ${name}

  Show the pool and its health with the API (Cloudflare v4 load balancing).
    curl -H "Authorization: Bearer ${token}" ${running.api}/client/v4/user/load_balancers/pools

Health transitions appear below. Ctrl-C ends the demo.

`;
}
