import process from 'node:process';
import { escapeText } from '../pool/plain-text.ts';
import { zoneWarnings } from '../zone/zone-warnings.ts';
import { configOf } from './load.ts';

/** Ends well when the configuration has no problems, with a warning of what is hardly meant; says all problems otherwise. */
export async function runCheckConfig(path: string | undefined): Promise<void> {
  const { zones } = configOf(path);
  for (const warning of zoneWarnings(zones)) process.stderr.write(escapeText(`warning: ${warning}\n`));
  process.stdout.write(`configuration is valid: ${zones.length} ${zones.length === 1 ? 'zone' : 'zones'}\n`);
}
