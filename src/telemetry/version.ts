import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { ConfigurationDigests } from '../event/node-status.ts';
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

/** Registers the metric whose labels have the digests of the configuration. Its value is always 1. */
export function configurationMetric(
  gauge: MakeGauge,
): (source: { configuration(): ConfigurationDigests }) => void {
  const help =
    'Always 1; the labels have digests of the configuration, which servers of one version have in common';
  const metric = gauge('config_info', help, ['configuration', 'zones', 'health', 'limits']);
  return (source) => {
    const { all: configuration, ...parts } = source.configuration();
    metric.reset();
    metric.set({ configuration, ...parts }, 1);
  };
}
