import type { Config } from '../../config/config.ts';
import type { Locating } from '../../serve/place/locating.ts';
import type { Serving } from '../../serve/serve.ts';
import type { Logger } from '../../telemetry/log.ts';
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
  readonly serving: Pick<Serving, 'useConfig'>;
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
        'dns.answer_addresses_max',
      ],
      async prepare(next) {
        // What counts from the next start on is as it was in the answers that are saved until then.
        const { region, monitor, store, dataDir } = config;
        const { fingerprint } = savedAnswersFile({ ...next, region, monitor, store, dataDir });
        return () => serving.useConfig(next, fingerprint);
      },
    },
  ];
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
