import { readTree } from '../support/source-tree.ts';

/** A fenced block of a Markdown text. */
export interface Fence {
  /** The word after the opening fence. */
  readonly language: string;
  /** What is between the fences, with a line end at its end. */
  readonly text: string;
}

/** Every fenced block, in order; a block may be indented as part of a list. */
export function fencesOf(markdown: string): Fence[] {
  const found = markdown.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm);
  return [...found].map(([, indent, language, text]) => ({
    language: language!,
    text: text!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** Returns the one block of README.md and docs/ whose first line is a comment with this file name. Throws when there is not exactly one. */
export function fileInPages(name: string): string {
  const blocks = [...readTree('README.md', 'docs/*.md').values()].flatMap(fencesOf);
  const named = blocks.filter(({ text }) => /^(?:#|\/\/) (\S+)/.exec(text)?.[1] === name);
  if (named.length !== 1)
    throw new Error(`The pages have ${named.length} blocks that begin with "# ${name}"`);
  return named[0]!.text;
}

/** Replaces text that must be there: a block that no longer has it would be tried with the wrong values. */
export function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`there is no "${from}" in:\n${text}`);
  return text.replaceAll(from, to);
}

/** All code of a Markdown text: the lines of its fenced and indented blocks, then its code spans. */
export function codeOf(markdown: string): string[] {
  const fenced = fencesOf(markdown).flatMap(({ text }) => text.trimEnd().split('\n'));
  const rest = markdown.replaceAll(/^( *)```\w*\n[\s\S]*?^\1```$/gm, '').split('\n');
  const isBlock = (line: string) => line.startsWith('    ');
  const indented = rest.filter(isBlock).map((line) => line.trim());
  const spans = rest.filter((line) => !isBlock(line)).flatMap((line) => [...line.matchAll(/`([^`]+)`/g)]);
  return [...fenced, ...indented, ...spans.map(([, code]) => code!)];
}
