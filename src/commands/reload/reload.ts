import type { Config } from '../../config/config.ts';
import type { Loaded } from '../../config/source/load.ts';
import { ALARM_TEXTS } from '../../event/alarm.ts';
import { formatProblem, type Problem } from '../../input/problem.ts';
import type { Alarms } from '../../serve/alarm/alarms.ts';
import type { Logger } from '../../telemetry/log.ts';
import { settingChanges } from './setting-changes.ts';

/** A part of a running process that takes other settings without a restart. */
export interface ReloadedPart {
  /** The settings that it takes, as settingChanges() names them. */
  readonly settings: readonly string[];
  /** Prepares a change, of which nothing shows yet. What it returns makes the change. Rejects where the settings cannot be used. */
  prepare(next: Config): Promise<() => void>;
}

/** What a reload did. */
export type Reloaded =
  | {
      readonly ok: true;
      /** The settings that are others from now on. */
      readonly changed: readonly string[];
      /** Those that changed in the file and count from the next start on. */
      readonly waiting: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the configuration again and takes it in, whole or not at all. Calls wait for each other. Never rejects. */
export type Reload = () => Promise<Reloaded>;

/** Dependencies of createReload. */
export interface ReloadOptions {
  readonly config: Config;
  /** Reads the configuration from the same sources as the start. */
  readonly read: () => Loaded;
  readonly parts: readonly ReloadedPart[];
  /** Called with each configuration that was taken in. */
  readonly taken?: (config: Config) => void;
  /** Absent: problems are only logged. */
  readonly alarms?: Pick<Alarms, 'raise' | 'end'>;
  readonly log: Logger;
}

/** Creates the reload of a process that runs with `config`. */
export function createReload({ config, read, parts, taken, alarms, log }: ReloadOptions): Reload {
  const atStart = config;
  let present = config;
  let isRaised = false;
  let last: Promise<unknown> = Promise.resolve();

  function refuse(problems: readonly Problem[]): Reloaded {
    const texts = problems.map(formatProblem);
    if (alarms === undefined) {
      log.error({ problems: texts }, ALARM_TEXTS.bad_configuration.raised);
      return { ok: false, problems };
    }
    isRaised = true;
    const detail = texts.length === 1 ? texts[0]! : `${texts[0]}, and ${texts.length - 1} more`;
    alarms.raise({ alarm: 'bad_configuration', about: '', pools: [], cause: detail }, detail, {
      problems: texts,
    });
    return { ok: false, problems };
  }

  async function reload(): Promise<Reloaded> {
    const loaded = read();
    if (!loaded.ok) return refuse(loaded.problems);
    const next = loaded.config;
    const differing = settingChanges(present, next);
    const concerned = parts.filter(({ settings }) => settings.some((each) => differing.includes(each)));
    const prepared = await Promise.allSettled(concerned.map((part) => part.prepare(next)));
    const problems = prepared.flatMap((each, i): Problem[] =>
      each.status === 'fulfilled'
        ? []
        : [{ path: concerned[i]!.settings[0]!, message: (each.reason as Error).message }],
    );
    if (problems.length > 0) return refuse(problems);
    for (const each of prepared) if (each.status === 'fulfilled') each.value();
    present = next;
    taken?.(next);
    if (isRaised) alarms?.end('bad_configuration', '', {});
    isRaised = false;
    const takes = (setting: string) => parts.some(({ settings }) => settings.includes(setting));
    const changed = differing.filter(takes);
    const waiting = settingChanges(atStart, next).filter((setting) => !takes(setting));
    log.info(
      { changed },
      changed.length > 0
        ? 'Reloaded the configuration.'
        : 'Reloaded the configuration: nothing that counts now has changed.',
    );
    if (waiting.length > 0)
      log.warn(
        { settings: waiting },
        'Some changed settings count from the next start on. Restart Lifeguard to use them.',
      );
    return { ok: true, changed, waiting };
  }

  /** What fails here is a bug: the next reload begins anew all the same. */
  function failed(error: unknown): Reloaded {
    return refuse([{ path: 'reload', message: `failed: ${(error as Error).message}` }]);
  }

  return () => {
    const result = last.then(reload).catch(failed);
    last = result;
    return result;
  };
}
