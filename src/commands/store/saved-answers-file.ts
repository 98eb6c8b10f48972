import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serialize } from 'node:v8';
import type { Config } from '../../config/config.ts';
import type { SavedAnswersFile } from '../../serve/saved/format.ts';
import type { Configuration, StorePosition } from '../../store/contract/documents.ts';
import { areSame } from '../../store/integrity/tally.ts';
import type { LastGood } from '../../store/last-good/last-good.ts';
import type { Store } from '../../store/store.ts';
import type { Logger } from '../../telemetry/log.ts';

/** Time limit for a store over the network to answer with its revision, milliseconds. Then the last good state decides. */
const STORE_ASKED_MS = 250;

/** Returns the path of a node's saved answers, and the fingerprint of the settings they depend on: other settings make them unusable. */
export function savedAnswersFile({
  dataDir,
  dns,
  zones,
  health,
  region,
  monitor,
  store,
  location,
  geo,
}: Config): SavedAnswersFile {
  const made = [
    zones,
    health,
    region,
    monitor.probersPerRegion,
    storeOf(store),
    location,
    geo,
    dns.answerAddressesMax,
  ];
  return {
    path: join(dataDir, 'answers'),
    fingerprint: createHash('sha256').update(serialize(made)).digest('hex'),
  };
}

/** The states to compare saved answers with. */
export interface Known {
  readonly store: Store;
  /** Absent: the store is on the disk of this machine. */
  readonly lastGood: LastGood | undefined;
  readonly log: Logger;
}

/**
 * Returns true when saved answers have the configuration that the store has, so that they miss no acknowledged write.
 * When the store does not answer within STORE_ASKED_MS, they are compared with the last good state.
 */
export async function isCurrent({ epoch, revision, link }: StorePosition, known: Known): Promise<boolean> {
  const { store, lastGood, log } = known;
  const late = lastGood && sleep(STORE_ASKED_MS, undefined, { ref: false });
  const empty: Configuration = { epoch, revision, documents: [], ...(link !== undefined && { link }) };
  const asked = store.read(empty).then((read) => read === empty);
  try {
    const isSame = await Promise.race([asked, ...(late ? [late] : [])]);
    if (isSame !== undefined) return isSame;
    // The result no longer matters; without a handler its error would end the process.
    asked.catch(() => {});
  } catch (err) {
    if (lastGood === undefined) {
      log.warn({ err }, 'Cannot read the store. Lifeguard does not serve the saved answers.');
      return false;
    }
  }
  const remembered = lastGood?.position();
  const isSame = remembered?.epoch === epoch && remembered.revision === revision;
  return isSame && areSame(remembered.link, link);
}

/** Identifies the store, without its credentials. */
function storeOf({ redisUrl, redisPrefix }: Config['store']): string {
  if (redisUrl === undefined) return 'embedded';
  return `${redisUrl.replace(/(?<=:\/\/)[^/]*@/, '')} ${redisPrefix}`;
}
