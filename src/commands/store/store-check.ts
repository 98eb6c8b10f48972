import process from 'node:process';
import { escapeJson, escapeText } from '../../pool/plain-text.ts';
import { StoreDamaged } from '../../store/contract/failure.ts';
import { type DamagedRecord, describeDamage } from '../../store/integrity/damage.ts';
import { ExitCode, OperatorError } from '../exit.ts';
import { withStore, wrongClaimsIn } from './opened-store.ts';

/** What to do about records of which the object itself is damaged, and about all others. */
const WRITE_AGAIN =
  'Lifeguard sets damaged records aside and keeps the last good value of each. Write the object again with the API, or delete the record.';
const REPAIR = 'See with "lifeguard store repair" what a repair changes.';

/**
 * Runs `lifeguard store check`: examines every record of the configured store, prints each damaged one, and each that says of a
 * document what the document does not say. Rejects with OperatorError: its exit code is REFUSED when there is such a record,
 * FAILED when the store cannot be read.
 */
export async function runStoreCheck(path: string | undefined, asJson: boolean): Promise<void> {
  await withStore(path, async (store) => {
    const damaged: DamagedRecord[] = [];
    const wrong: DamagedRecord[] = [];
    let records = 0;
    let loss: string | undefined;
    try {
      records = await store.examine!((found) => damaged.push(found));
      loss = (await store.read()).loss;
      await wrongClaimsIn(store, (found) => wrong.push(found));
    } catch (error) {
      if (error instanceof StoreDamaged) loss = error.loss;
      else throw new OperatorError(`Cannot read the store: ${(error as Error).message}`);
    }
    if (asJson)
      process.stdout.write(
        `${escapeJson(JSON.stringify({ records, damaged, wrong, ...(loss !== undefined && { loss }) }, null, 2))}\n`,
      );
    else
      for (const each of [...damaged, ...wrong])
        process.stdout.write(`${escapeText(describeDamage(each))}\n`);
    if (loss !== undefined)
      throw new OperatorError(
        `The store has lost data: ${loss}. Restore it from a backup, or see what is left with "lifeguard store repair".`,
        ExitCode.REFUSED,
      );
    const sum = `${records} ${records === 1 ? 'record' : 'records'} examined, ${damaged.length} damaged`;
    if (damaged.length + wrong.length === 0) {
      if (!asJson) process.stdout.write(`${sum}\n`);
      return;
    }
    const wrongSum =
      wrong.length === 0 ? '' : `, ${wrong.length} wrong about what documents claim or refer to`;
    // What is damaged as a whole has no name in it.
    const isToRepair = wrong.length > 0 || damaged.some(({ key }) => key === '');
    const isToWrite = damaged.some(({ key }) => key !== '');
    const advice = [...(isToWrite ? [WRITE_AGAIN] : []), ...(isToRepair ? [REPAIR] : [])];
    throw new OperatorError(`${sum}${wrongSum}. ${advice.join(' ')}`, ExitCode.REFUSED);
  });
}
