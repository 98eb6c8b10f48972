import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import process from 'node:process';
import type { Config, ListenAddress } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { escapeText } from '../pool/plain-text.ts';
import { ExitCode, OperatorError } from './exit.ts';
import { configOf } from './load.ts';

/** The processes that can be checked. */
export const CHECKED = ['serve', 'monitor'] as const;
export type Checked = (typeof CHECKED)[number];

/** Maximum characters of an answer that are read. */
const BODY_CHARACTERS_MAX = 64 * 1024;
/** Time limit for the answer, milliseconds. */
export const LIVE_ANSWER_MS = 2_500;

/**
 * Succeeds when the process with this configuration is alive; with `ready`, when it is ready to answer queries as well.
 * Throws OperatorError otherwise.
 */
export async function runCheckLive(
  checked: Checked,
  { config: path, ready: isReady = false }: { readonly config?: string; readonly ready?: boolean },
): Promise<void> {
  const url = urlOf(configOf(path), checked, isReady);
  const { status, body } = await answerOf(url).catch((error: Error) => {
    throw new OperatorError(`No answer from ${url}: ${error.message}.`);
  });
  if (status !== 200) throw new OperatorError(`${url} answered with status ${status}, not 200.`);
  const trouble = isReady ? troubleIn(body) : undefined;
  process.stdout.write(`${url} answered with status 200.${trouble === undefined ? '' : ` ${trouble}`}\n`);
}

function urlOf({ api, monitor }: Config, checked: Checked, isReady: boolean): string {
  const wrong = (message: string) => new OperatorError(message, ExitCode.BAD_CONFIGURATION);
  const isMonitor = checked === 'monitor';
  if (isMonitor && isReady) throw wrong('Use --ready with serve only: a monitor that is alive is ready.');
  const listen = isMonitor ? monitor.metricsListen : api.listen;
  if (listen === undefined)
    throw wrong('To check a monitor, configure monitor.metrics_listen: it answers there.');
  if (listen.port === 0)
    throw wrong('Cannot check a process that listens on port 0: any free port. Configure another port.');
  const scheme = !isMonitor && api.tls !== undefined ? 'https' : 'http';
  return `${scheme}://${formatListenAddress(onThisMachine(listen))}/${isReady ? 'readyz' : 'livez'}`;
}

/** Returns the address that reaches a listener on this machine, also one on every address. */
function onThisMachine({ address, port }: ListenAddress): ListenAddress {
  if (address === '0.0.0.0') return { address: '127.0.0.1', port };
  return { address: address === '::' ? '::1' : address, port };
}

/** Reads what a ready server reports about its store; undefined: no trouble. */
function troubleIn(body: string): string | undefined {
  try {
    const { store } = JSON.parse(body) as { readonly store?: unknown };
    return typeof store === 'string' ? escapeText(store) : undefined;
  } catch {
    return undefined;
  }
}

interface HealthAnswer {
  readonly status: number | undefined;
  readonly body: string;
}

function answerOf(url: string): Promise<HealthAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HealthAnswer>();
  const signal = AbortSignal.timeout(LIVE_ANSWER_MS);
  // The certificate is for the public name, not for this address. The request stays on this machine and has no secret.
  const request = url.startsWith('https:')
    ? httpsRequest(url, { rejectUnauthorized: false, agent: false, signal })
    : httpRequest(url, { agent: false, signal });
  request
    .on('response', (response) => {
      let body = '';
      response
        .setEncoding('utf8')
        .on('data', (text: string) => {
          body += text;
          if (body.length > BODY_CHARACTERS_MAX) response.destroy();
        })
        .on('error', reject)
        .on('close', () => resolve({ status: response.statusCode, body }));
    })
    .on('error', reject)
    .end();
  return promise;
}
