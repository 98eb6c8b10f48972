import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fencesOf } from './fences.ts';

const run = promisify(execFile);

/** A command of a console block, and the output that the page shows below it. */
export interface Shown {
  readonly command: string;
  /** Empty: the page shows none. */
  readonly output: string;
}

/** Returns the commands of all console blocks of a Markdown text, in order. */
export function commandsOf(markdown: string): Shown[] {
  return fencesOf(markdown)
    .filter(({ language }) => language === 'console')
    .flatMap(({ text }) => text.split(/^\$ /m).slice(1))
    .map((part) => {
      const [command, ...output] = part.split('\n');
      return { command: command!, output: output.join('\n') };
    });
}

/** Creates a terminal in a folder: a function that runs one command in bash and returns what it prints. Variables last from command to command. */
export function terminalIn(directory: string, env: NodeJS.ProcessEnv): (command: string) => Promise<string> {
  const variables = join(directory, '.variables');
  return async (command) => {
    const before = existsSync(variables) ? `source ${variables}\n` : '';
    const script = `${before}${command}\ndeclare -p PATH LIFEGUARD_CONFIG api >${variables} 2>/dev/null`;
    const { stdout, stderr } = await run('bash', ['--norc', '-c', script], { cwd: directory, env }).catch(
      (error) => error as { stdout: string; stderr: string },
    );
    return stdout + stderr;
  };
}

/** Returns the lines of an output without what differs from run to run: identifiers, times, measurements, and the order of addresses. */
export function comparable(output: string): string[] {
  return (
    output
      .replaceAll(/\b[0-9a-f]{32}\b/g, 'ID')
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replaceAll(/"rtt":"[\d.]+ms"/g, 'RTT')
      .replaceAll(/[\d.]+ms\b/g, 'RTT')
      .replaceAll(/\d+ in a row, \d+ s ago/g, 'AGE')
      .replaceAll(/\bid: \d+/g, 'id: N')
      // A pool is created before or after its first result.
      .replaceAll(/ (?:yes +No failures|- +-)$/gm, ' FIRST')
      .replaceAll(/(\bID +)(?:yes|-)( +yes\b)/g, '$1FIRST$2')
      .replaceAll(/^(\S+: NOERROR) (.*)$/gm, (_, name, list) => `${name} ${list.split(' ').sort().join(' ')}`)
      .replaceAll(/[\t ]+/g, ' ')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .sort()
  );
}
