import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PROJECT } from '../support/source-tree.ts';

/** A service of docker-compose.yml. */
export interface Service {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly sysctls?: Readonly<Record<string, string | number>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

const read = (file: string) => readFileSync(join(PROJECT, file), 'utf8');

/** docker-compose.yml. */
export const COMPOSE = parse(read('docker-compose.yml'), { merge: true, strict: true, uniqueKeys: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};

/** The environment that a service gets, with `token` for what compose takes from the operator's. */
export function environmentOf({ environment = {} }: Service, token: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      /^\$\{\w+:\?.+\}$/.test(value) ? token : value,
    ]),
  );
}

const instructions = read('Dockerfile')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line));

/** The arguments of each instruction of this name in the Dockerfile. */
export function argumentsOf(name: string): string[] {
  return instructions
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => line.slice(name.length + 1));
}
