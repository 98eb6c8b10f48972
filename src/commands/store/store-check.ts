import { existsSync } from 'node:fs';
import process from 'node:process';
import { escapeJson, escapeText } from '../../pool/plain-text.ts';
import { type DamagedRecord, describeDamage } from '../../store/integrity/damage.ts';
import { ExitCode, OperatorError } from '../exit.ts';
import { configOf } from '../load.ts';
import { openStore, storePath } from '../run.ts';
import { OPEN_ADVICE } from './store-repair.ts';

/**
 * Runs `lifeguard store check`: examines every record of the configured store and prints each damaged one. Rejects with
 * OperatorError: its exit code is REFUSED when a record is damaged, FAILED when the store cannot be read.
 */
export async function runStoreCheck(path: string | undefined, asJson: boolean): Promise<void> {
  const config = configOf(path);
  if (config.store.redisUrl === undefined && !existsSync(storePath(config)))
    throw new OperatorError(`There is no store to examine: ${storePath(config)} does not exist.`);
  const store = await openStore(config, 'serve', OPEN_ADVICE);
  const damaged: DamagedRecord[] = [];
  try {
    const records = await store.examine!((found) => damaged.push(found)).catch((error: unknown) => {
      throw new OperatorError(`Cannot read the store: ${(error as Error).message}`);
    });
    const { loss } = await store.read();
    if (asJson)
      process.stdout.write(
        `${escapeJson(JSON.stringify({ records, damaged, ...(loss !== undefined && { loss }) }, null, 2))}\n`,
      );
    else for (const each of damaged) process.stdout.write(`${escapeText(describeDamage(each))}\n`);
    if (loss !== undefined)
      throw new OperatorError(
        `The store has lost data: ${loss}. Restore it from a backup, or see what is left with "lifeguard store repair".`,
        ExitCode.REFUSED,
      );
    const sum = `${records} ${records === 1 ? 'record' : 'records'} examined, ${damaged.length} damaged`;
    if (damaged.length === 0) {
      if (!asJson) process.stdout.write(`${sum}\n`);
      return;
    }
    throw new OperatorError(
      `${sum}. Lifeguard sets damaged records aside and keeps the last good value of each. Write the object again with the API, or delete the record.`,
      ExitCode.REFUSED,
    );
  } finally {
    await store.close();
  }
}
