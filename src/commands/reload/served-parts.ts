import { hiddenBetween } from '../../admin/zones/hidden-records.ts';
import type { Config } from '../../config/config.ts';
import { nameKey } from '../../dns/name.ts';
import type { Locating } from '../../serve/place/locating.ts';
import type { Serving } from '../../serve/serve.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { Zone } from '../../zone/zone.ts';
import { savedAnswersFile } from '../store/saved-answers-file.ts';
import type { ReloadedPart } from './reload.ts';

/** Returns the parts of a server that answers DNS: its answers, the places of clients, and its log. */
export function servedParts({
  config,
  serving,
  locating,
  log,
}: {
  readonly config: Config;
  readonly serving: Pick<Serving, 'useConfig' | 'zones'>;
  readonly locating: Pick<Locating, 'prepare'>;
  readonly log: Logger;
}): ReloadedPart[] {
  return [
    logLevelPart(log),
    // Before the answers, which say by their fingerprint which database they are of.
    { settings: ['geo'], prepare: (next) => locating.prepare(next.geo) },
    {
      settings: [
        'zones',
        'health',
        'location',
        'geo',
        'dns.identity',
        'dns.version',
        'dns.cookie_secrets',
        'dns.rate_limit',
        'dns.query_log',
        'dns.answer_addresses_max',
      ],
      async prepare(next) {
        await refuseHiding(serving.zones(), next.zones);
        // What counts from the next start on is as it was in the answers that are saved until then.
        const { region, monitor, store, dataDir } = config;
        const { fingerprint } = savedAnswersFile({ ...next, region, monitor, store, dataDir });
        return () => serving.useConfig(next, fingerprint);
      },
    },
  ];
}

/** Throws where zones of the configuration file would hide records of the API, which are answered now. */
async function refuseHiding(present: readonly Zone[], wanted: readonly Zone[]): Promise<void> {
  const before = new Map(present.map((zone) => [nameKey(zone.apex), zone]));
  for (const after of wanted) {
    const was = before.get(nameKey(after.apex));
    // The records of a zone of the API are no longer answered where the file has one of its name.
    if (was?.records === undefined || was.id !== undefined) continue;
    const [first, ...others] = await hiddenBetween(was.records, was, after, (path) => path);
    if (first === undefined) continue;
    const more = others.length > 0 ? ` The same is true of ${others.length} more.` : '';
    throw new Error(`would hide records that the API made: ${first.sentence}${more}`);
  }
}

/** Returns the part that logs. */
export function logLevelPart(log: Logger): ReloadedPart {
  return {
    settings: ['log.level'],
    prepare: async (next) => () => {
      log.level = next.log.level;
    },
  };
}
