import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serialize } from 'node:v8';
import type { Config } from '../../config/config.ts';
import type { KeptAt } from '../../serve/kept/format.ts';
import { areSame } from '../../store/integrity/tally.ts';
import type { LastGood } from '../../store/last-good/last-good.ts';
import type { Configuration, Standing, Store } from '../../store/store.ts';
import type { Logger } from '../../telemetry/log.ts';

/** How long a store over the network has to say which revision it has, before a start goes by the last good state. */
const STORE_ASKED_MS = 250;

/** Where a node of this configuration keeps its answers, and what of it they depend on: with another they are not given. */
export function keptAt({ dataDir, zones, health, region, monitor, store }: Config): KeptAt {
  const made = [zones, health, region, monitor.probersPerRegion, storeOf(store)];
  return {
    path: join(dataDir, 'answers'),
    fingerprint: createHash('sha256').update(serialize(made)).digest('hex'),
  };
}

/** What there is to compare kept answers with. */
export interface Known {
  readonly store: Store;
  /** Absent: the store is on this machine's disk itself. */
  readonly lastGood: LastGood | undefined;
  readonly log: Logger;
}

/**
 * Whether answers that were kept show the very configuration that the store has, so that nothing is missing in them that
 * was acknowledged. Where the store does not say soon, the last good state must have it.
 */
export async function isCurrent({ epoch, revision, link }: Standing, known: Known): Promise<boolean> {
  const { store, lastGood, log } = known;
  const late = lastGood && sleep(STORE_ASKED_MS, undefined, { ref: false });
  const empty: Configuration = { epoch, revision, documents: [], ...(link !== undefined && { link }) };
  const asked = store.read(empty).then((read) => read === empty);
  try {
    const isSame = await Promise.race([asked, ...(late ? [late] : [])]);
    if (isSame !== undefined) return isSame;
    // Whatever comes of it, nobody waits for it any more.
    asked.catch(() => {});
  } catch (err) {
    if (lastGood === undefined) {
      log.warn({ err }, 'the store cannot be read: nothing is answered as before');
      return false;
    }
  }
  const remembered = lastGood?.position();
  const isSame = remembered?.epoch === epoch && remembered.revision === revision;
  return isSame && areSame(remembered.link, link);
}

/** Which store it is, without what lets one in. */
function storeOf({ redisUrl, redisPrefix }: Config['store']): string {
  if (redisUrl === undefined) return 'embedded';
  const url = new URL(redisUrl);
  url.username = '';
  url.password = '';
  return `${url} ${redisPrefix}`;
}
