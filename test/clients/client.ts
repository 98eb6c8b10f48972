import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Stage } from '../e2e/clients/stage.ts';
import { dig } from '../support/dig.ts';

/** A client of this command. */
export interface Client {
  readonly name: string;
  /** Gets it, with files below a directory that is kept. Throws NotToBeHad. */
  get(directory: string): Promise<void>;
  /** Uses it. Throws where something is not as it should be. */
  use(stage: Stage, directory: string): Promise<void>;
}

/** A client cannot be got on this machine. */
export class NotToBeHad extends Error {}

/** Longest time for an install or a build, milliseconds. */
const GET_MS = 45 * 60_000;

const runFile = promisify(execFile);

/** Runs a program that gets something. Throws NotToBeHad with its last words. */
export async function get(
  words: readonly [string, ...string[]],
  { cwd, env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const [program, ...args] = words;
  const options = { timeout: GET_MS, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  try {
    await runFile(program, args, cwd === undefined ? options : { ...options, cwd });
  } catch (error) {
    const { stderr = '', message } = error as Error & { readonly stderr?: string };
    const said = stderr.trim().split('\n').slice(-2).join(' ') || message;
    throw new NotToBeHad(`${words.slice(0, 3).join(' ')}: ${said}`);
  }
}

/** Runs a client; what it printed. Throws when it fails. */
export async function output(
  stage: Stage,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<string> {
  const { code, stdout, stderr } = await stage.run(words, env, input);
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

/** Throws unless a text has what it should. */
export function mustContain(text: string, wanted: string | RegExp): void {
  if (typeof wanted === 'string' ? !text.includes(wanted) : !wanted.test(text))
    throw new Error(`there is no ${wanted} in:\n${text}`);
}

/** Throws unless the server answers so within some seconds. */
export async function mustAnswer(
  { server }: Stage,
  name: string,
  type: string,
  rdata: string,
): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = (await dig(server.dns, name, type)).rdata.join(', ');
    if (found === rdata) return;
    if (Date.now() > deadline) throw new Error(`${name} ${type} is ${found}, not ${rdata}`);
  }
}
