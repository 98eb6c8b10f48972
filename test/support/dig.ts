import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What dig made of an answer. */
export interface Dug {
  /** `NOERROR`, `NXDOMAIN` …; undefined: no answer came. */
  readonly status: string | undefined;
  /** `qr`, `aa`, `rd`, `tc` …, as dig prints them. */
  readonly flags: readonly string[];
  /** Record lines by section, their white space folded. */
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
  /** The rdata of the answer's records, sorted. */
  readonly rdata: readonly string[];
  readonly text: string;
}

/** What dig says when it was sent a query instead of an answer: see `dig`. */
export const ECHO = 'Warning: query response not set';
/** So many times in a row dig does not meet itself: once in 28,000 it does. */
const TRIES = 3;

/** Asks with dig. `words` are its own: name, type, +options. One try of 2 s unless they say otherwise. */
export async function dig(
  server: { readonly address: string; readonly port: number },
  ...words: string[]
): Promise<Dug> {
  let dug = await digOnce(server, words);
  // Linux gives out a port that is taken where the program that has it and the one that asks run as one user and both set SO_REUSEPORT,
  // as this server and dig do. Then dig asks from the very address that it asks, and receives its own query.
  for (let tries = 1; dug.text.includes(ECHO) && tries < TRIES; tries += 1)
    dug = await digOnce(server, words);
  return dug;
}

async function digOnce(
  server: { readonly address: string; readonly port: number },
  words: readonly string[],
): Promise<Dug> {
  const { stdout } = await run('dig', [
    `@${server.address}`,
    '-p',
    String(server.port),
    '+tries=1',
    '+time=2',
    ...words,
  ]).catch((error: { stdout: string }) => error);
  const section = (name: string) => {
    const [, body = ''] = new RegExp(`;; ${name} SECTION:\\n([^]*?)(?:\\n\\n|$)`).exec(stdout) ?? [];
    return body
      .split('\n')
      .flatMap((line) => (line && !line.startsWith(';') ? [line.replace(/\s+/g, ' ')] : []));
  };
  const answer = section('ANSWER');
  return {
    status: /status: ([A-Z]+)/.exec(stdout)?.[1],
    flags: /flags: ([a-z ]*);/.exec(stdout)?.[1]?.split(' ') ?? [],
    answer,
    authority: section('AUTHORITY'),
    additional: section('ADDITIONAL'),
    rdata: answer.map((line) => line.split(' ').slice(4).join(' ')).sort(),
    text: stdout,
  };
}
