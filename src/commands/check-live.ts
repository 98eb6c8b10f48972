import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import process from 'node:process';
import type { Config, ListenAddress } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { escapeText } from '../pool/plain-text.ts';
import { ExitCode, OperatorError } from './exit.ts';
import { configOf } from './load.ts';

/** What may be asked whether it lives. */
export const CHECKED = ['serve', 'monitor'] as const;
export type Checked = (typeof CHECKED)[number];

/** Characters of an answer that are read. */
const BODY_CHARACTERS_MAX = 64 * 1024;
/** It must answer within this. */
export const LIVE_ANSWER_MS = 2_500;

/**
 * Ends well when the process that this configuration is of lives; with `isReady`, when it has something true to answer.
 * Throws OperatorError otherwise.
 */
export async function runCheckLive(
  checked: Checked,
  { config: path, ready: isReady = false }: { readonly config?: string; readonly ready?: boolean },
): Promise<void> {
  const url = urlOf(configOf(path), checked, isReady);
  const { status, body } = await answerOf(url).catch((error: Error) => {
    throw new OperatorError(`${url} does not answer: ${error.message}`);
  });
  if (status !== 200) throw new OperatorError(`${url} answers with status ${status}`);
  const trouble = isReady ? troubleIn(body) : undefined;
  process.stdout.write(`${url} answers${trouble === undefined ? '' : `. ${trouble}`}\n`);
}

function urlOf({ api, monitor }: Config, checked: Checked, isReady: boolean): string {
  const wrong = (message: string) => new OperatorError(message, ExitCode.BAD_CONFIGURATION);
  const isMonitor = checked === 'monitor';
  if (isMonitor && isReady) throw wrong('--ready is for serve: a monitor that lives is ready');
  const listen = isMonitor ? monitor.metricsListen : api.listen;
  if (listen === undefined)
    throw wrong('a monitor is asked at monitor.metrics_listen, which is not configured');
  if (listen.port === 0) throw wrong('it listens on any free port, and nobody knows on which');
  const scheme = !isMonitor && api.tls !== undefined ? 'https' : 'http';
  return `${scheme}://${formatListenAddress(onThisMachine(listen))}/${isReady ? 'readyz' : 'livez'}`;
}

/** Where a process is reached that listens on every address. */
function onThisMachine({ address, port }: ListenAddress): ListenAddress {
  if (address === '0.0.0.0') return { address: '127.0.0.1', port };
  return { address: address === '::' ? '::1' : address, port };
}

/** What a server that is ready says of its store; undefined: nothing. */
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
  // The certificate has the name that others know, not this address. What is asked is this machine, and told nothing.
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
