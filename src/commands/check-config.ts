import process from 'node:process';
import { configOf } from './load.ts';

/** Ends well when the configuration has no problems; says all of them otherwise. */
export async function runCheckConfig(path: string | undefined): Promise<void> {
  const { zones } = configOf(path);
  process.stdout.write(`configuration is valid: ${zones.length} ${zones.length === 1 ? 'zone' : 'zones'}\n`);
}
