import { ENVIRONMENT } from './environment.ts';

/** The environment variables, for people: one a line. */
export function environmentHelp(): string {
  const width = Math.max(...Object.keys(ENVIRONMENT).map((name) => name.length));
  const lines = Object.entries(ENVIRONMENT).map(
    ([name, { describes, fallback }]) => `  ${name.padEnd(width)}  ${describes} (default: ${fallback})`,
  );
  return ['Environment, over the file:', ...lines].join('\n');
}
