import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';

/** Returns what the command line says against these words, or an empty text: commands, options, choices and values are judged, and nothing runs. */
export async function complaintsAbout(words: readonly string[]): Promise<string> {
  const program = createProgram();
  let complaint = '';
  const disarm = (command: Command): void => {
    command
      .exitOverride((error) => {
        throw error;
      })
      .configureOutput({ writeOut: () => undefined, writeErr: (text) => void (complaint += text) });
    if (command.commands.length === 0) command.action(() => undefined);
    command.commands.forEach(disarm);
  };
  disarm(program);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    const { exitCode, message } = error as { exitCode?: number; message: string };
    if (exitCode !== 0) return complaint || message;
  }
  return complaint;
}

/** Returns the words of the first command of a line of shell code: quotes are taken away, variables of the environment before it are passed over. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (const [part, single, double, plain, blank] of line.matchAll(
    /'([^']*)'|"((?:\\.|[^"\\])*)"|([^\s'"|&;<>]+)|(\s+)|[|&;<>]/g,
  )) {
    if (single === undefined && double === undefined && plain === undefined && blank === undefined) break;
    const text = single ?? double?.replaceAll(/\\(.)/g, '$1') ?? plain;
    if (text !== undefined) word = (word ?? '') + text;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
    if (part === ' #') break;
  }
  if (word !== undefined) words.push(word);
  while (/^[A-Z_]+=/.test(words[0] ?? '')) words.shift();
  return words;
}
