import type { Config } from '../../src/config/config.ts';
import { type Loaded, loadConfig } from '../../src/config/source/load.ts';
import { formatName } from '../../src/dns/name.ts';
import { Type } from '../../src/dns/type.ts';
import { formatProblem } from '../../src/input/problem.ts';
import type { Zone } from '../../src/zone/zone.ts';

/** Loads a configuration whose file holds this text. */
export function load(yaml: string, env: NodeJS.ProcessEnv = {}): Loaded {
  return loadConfig({ path: 'test.yaml', env, readFile: () => Buffer.from(yaml) });
}

/** The configuration in a file without problems. */
export function configOf(yaml: string, env: NodeJS.ProcessEnv = {}): Config {
  const loaded = load(yaml, env);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

/** What is wrong with it, one line a problem. */
export function problemsOf(yaml: string, env: NodeJS.ProcessEnv = {}): string[] {
  const loaded = load(yaml, env);
  return loaded.ok ? [] : loaded.problems.map(formatProblem);
}

/** Name servers of a zone that need nothing else. */
export const NS = '[{ name: ns1.example.org, addresses: [192.0.2.53] }]';

/** A file with the zone example.org and these further lines in it. */
export function zoneFile(lines: string, ns = NS): string {
  const inZone = lines.split('\n').map((line) => `    ${line}\n`);
  return `zones:\n  - name: example.org\n    ns: ${ns}\n${inZone.join('')}`;
}
/** A file with the zone example.org and these records in it. */
export const withRecords = (...records: string[]) =>
  zoneFile(['records:', ...records.map((record) => `  - ${record}`)].join('\n'));

/** The zones of a file without problems. */
export function zonesOf(yaml: string): readonly Zone[] {
  const loaded = load(yaml);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config.zones;
}

/** Record sets as lines: owner, TTL, type, rdata in hexadecimal. */
export function setsOf(zone: Zone): string[] {
  const mnemonic = new Map(Object.entries(Type).map(([name, type]) => [type as number, name]));
  return zone.rrsets.map(({ owner, ttlSeconds, type, rdata }) => {
    const octets = rdata.map((each) => Buffer.from(each).toString('hex'));
    return [formatName(owner), ttlSeconds, mnemonic.get(type), ...octets].join(' ');
  });
}
