import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { MakeGauge } from './gauges.ts';

let known: string | undefined;

/** The version of this program (https://semver.org), from its one place, package.json. */
export function programVersion(): string {
  if (known !== undefined) return known;
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  known = (JSON.parse(text) as { readonly version: string }).version;
  return known;
}

/** Registers the metric whose labels say what runs. Its value is always 1. */
export function buildMetric(gauge: MakeGauge): void {
  const help = 'Always 1; the labels have the version of Lifeguard and of Node';
  gauge('build_info', help, ['version', 'node']).set(
    { version: programVersion(), node: process.versions.node },
    1,
  );
}
