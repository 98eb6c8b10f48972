import { existsSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { StoreDamaged, StoreUnavailable } from '../../store/contract/failure.ts';
import { findWrongClaims } from '../../store/integrity/claims.ts';
import type { DamagedRecord } from '../../store/integrity/damage.ts';
import type { RepairableStore } from '../../store/integrity/repair.ts';
import { OperatorError } from '../exit.ts';
import { configOf } from '../load.ts';
import { openForRepair, storePath } from '../run.ts';

/** Attempts to compare records with documents that nobody writes meanwhile. */
const COMPARISONS_MAX = 3;

/**
 * Does something with the configured store, opened for its repair; with `salvages` with what can be read of it where pages of its
 * file are damaged. Rejects with OperatorError.
 */
export async function withStore(
  path: string | undefined,
  use: (store: RepairableStore, config: Config) => Promise<void>,
  salvages = false,
): Promise<void> {
  const config = configOf(path);
  if (config.store.redisUrl === undefined && !existsSync(storePath(config)))
    throw new OperatorError(`There is no store: ${storePath(config)} does not exist.`);
  let store: RepairableStore | undefined;
  try {
    store = await openForRepair(config, salvages);
    await use(store, config);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    if (error instanceof StoreDamaged)
      throw new OperatorError(
        `${error.message}. Restore the store from a backup, or see with "lifeguard store repair" what is left.`,
      );
    throw new OperatorError(`The store failed: ${(error as Error).message}`);
  } finally {
    await store?.close();
  }
}

/**
 * Finds the records of what documents claim that are well-formed and wrong; resolves with how many there are in all. Throws
 * StoreUnavailable, also where the store is written to all the time.
 */
export async function wrongClaimsIn(
  store: RepairableStore,
  found: (record: DamagedRecord) => void,
): Promise<number> {
  for (let attempt = 0; attempt < COMPARISONS_MAX; attempt += 1) {
    const read = await store.read();
    const wrong: DamagedRecord[] = [];
    const count = await findWrongClaims(read, store.claims, (record) => wrong.push(record));
    const { epoch, revision } = await store.read(read);
    if (epoch !== read.epoch || revision !== read.revision) continue;
    for (const record of wrong) found(record);
    return count;
  }
  throw new StoreUnavailable('the store is written to all the time; run the command again');
}
