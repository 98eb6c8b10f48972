import { expect, test } from 'vitest';
import { codeOf, fencesOf, replaced } from './fences.ts';

const MARKDOWN = `Say \`a b\` and \`c\`.

\`\`\`conf
# one.conf
  x
\`\`\`

- item:
  \`\`\`sh
  y
  \`\`\`

    z | \`no span\`
`;

test('fencesOf gives blocks without their indentation', () => {
  expect(fencesOf(MARKDOWN)).toEqual([
    { language: 'conf', text: '# one.conf\n  x\n' },
    { language: 'sh', text: 'y\n' },
  ]);
});

test('codeOf gives the lines of blocks, and spans', () => {
  expect(codeOf(MARKDOWN)).toEqual(['# one.conf', '  x', 'y', 'z | `no span`', 'a b', 'c']);
});

test('replaced() fails if the text is not there', () => {
  expect(replaced('a b a', 'a', 'c')).toBe('c b c');
  expect(() => replaced('a b', 'd', 'c')).toThrow('there is no "d"');
});
