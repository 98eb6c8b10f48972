import { expect, test } from 'vitest';
import { complaintsAbout, shellWords } from '../cli/parsing.ts';
import { readTree } from '../support/source-tree.ts';
import { codeOf } from './fences.ts';

/** Every line of the pages that calls Lifeguard, with its page. */
const lines = [...readTree('*.md', 'docs/*.md')].flatMap(([page, text]) =>
  codeOf(text.replaceAll('\\\n', ' '))
    .map((line) => line.replace(/^(?:\$ )?(?:sudo )?/, '').replace('npm run lifeguard --', 'lifeguard'))
    .filter(
      (line) => /^(?:[A-Z_]+=\S+ )*(?:\/usr\/bin\/|bin\/)?lifeguard [a-z-]/.test(line) && !line.includes('…'),
    )
    .map((line) => [line, page] as const),
);

test('the pages have command lines', () => {
  expect(lines.length).toBeGreaterThan(40);
});

test.each([...new Map(lines)])('%s (%s) is a command line of Lifeguard', async (line) => {
  // A word in angle brackets stands for one of the reader.
  const words = shellWords(line.replaceAll(/<(\w+)>/g, '$1')).slice(1);
  // The names of commands, as in a list of them.
  if (words.every((word) => /^[a-z-]+$/.test(word)) && words.length <= 2) words.push('--help');
  expect(await complaintsAbout(words)).toBe('');
});
