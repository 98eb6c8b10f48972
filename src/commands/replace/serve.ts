import { type Inheritance, inheritedSockets } from '../../serve/inherited/inherited-sockets.ts';
import type { OpenSocket } from '../../serve/inherited/open-sockets.ts';
import { openLibc } from '../../serve/udp/socket/libc.ts';
import { createLogger, type Logger } from '../../telemetry/log.ts';
import { configOf, makeDataDir, readConfig } from '../load.ts';
import { lockDataDir } from '../precondition/data-dir-lock.ts';
import { type Running, type StartOptions, start } from '../run.ts';
import { type Leave, type OnHangUp, type OnStop, runUntilSignal } from '../signals.ts';
import { type Given, type Offer, offerReplacement } from './give.ts';
import { withPorts } from './listening.ts';
import { ANSWERS_NAME, type MeetingPlace, openMeetingPlace } from './place.ts';
import { askToReplace, type Takeover } from './take.ts';

/** Options of runServe. */
export interface ServeCommand {
  /** Whether this process has a worker as well. */
  readonly monitor: boolean;
  /** Whether it replaces the server that uses its data directory. */
  readonly replace: boolean;
  readonly version: string;
}

/** Time between two attempts to work again, after a replacement that failed, milliseconds. */
const RESUME_EVERY_MS = 1_000;

/**
 * Runs `lifeguard serve`, or `lifeguard all` with a worker, until a signal ends it or another server replaces it. Rejects with
 * OperatorError.
 */
export async function runServe(
  path: string | undefined,
  { monitor, replace, version }: ServeCommand,
): Promise<void> {
  const config = configOf(path);
  const log = createLogger(config.log);
  await runUntilSignal(log, async (onStop, giveUp, onHangUp, leave) => {
    const options = { monitor, giveUp, read: () => readConfig(path) };
    let takeover: Takeover | undefined;
    if (replace) {
      makeDataDir(config);
      takeover = await askToReplace(config, version, log);
      if (takeover === undefined)
        log.info(
          { dataDir: config.dataDir },
          'No server waits to be replaced in this data directory. This one starts as usual.',
        );
    }
    const running = await start(config, log, { ...options, ...(takeover && { takeover }) });
    offer(running, { options, place: takeover?.place, version, log, onStop, onHangUp, leave });
  });
}

interface Offering {
  readonly options: Omit<StartOptions, 'takeover'>;
  /** The meeting place, where it is open already. */
  readonly place: MeetingPlace | undefined;
  readonly version: string;
  readonly log: Logger;
  readonly onStop: OnStop;
  readonly onHangUp: OnHangUp;
  readonly leave: Leave;
}

/** Has a running server stop by signals, and be replaced by another. */
function offer(
  first: Running,
  { options, place: opened, version, log, onStop, onHangUp, leave }: Offering,
): void {
  let running = first;
  let waiting: Offer | undefined;
  /** Those of before, each with connections of its own, after replacements that failed. */
  const drains: Promise<void>[] = [];

  function use(next: Running): void {
    running = next;
    onStop(async () => {
      waiting?.stop();
      await running.stop();
    });
    onHangUp(running.reload);
  }

  use(first);
  if (first.serving.engine !== 'batched') return;
  const given: Given = {
    get listening() {
      return running.listening;
    },
    get cookieSecrets() {
      return running.serving.cookieSecrets;
    },
    release: () => running.release(),
    resume: async (sockets, place) => {
      const was = running;
      use(await startAgain(was, { sockets, place, options, log }));
      // Another server may replace this one at once.
      const failed = (err: unknown) =>
        log.error({ err }, 'The connections of before the failed replacement could not end in order.');
      drains.push(was.serving.drain(place.path(ANSWERS_NAME)).catch(failed));
    },
    leave: (pid, successor) =>
      leave(pid, async () => {
        await Promise.all([...drains, running.serving.drain(successor)]);
      }),
  };
  try {
    const place = opened ?? openMeetingPlace(running.config.dataDir);
    waiting = offerReplacement({ given, place, libc: openLibc(), version, log });
  } catch (err) {
    log.warn({ err }, 'Another server cannot replace this one. Restart it instead.');
  }
}

/** Starts again in this process, with the same sockets, until that works. The server of before answers meanwhile. */
async function startAgain(
  was: Running,
  {
    sockets,
    place,
    options,
    log,
  }: Pick<Offering, 'options' | 'log'> & {
    readonly sockets: () => OpenSocket[];
    readonly place: MeetingPlace;
  },
): Promise<Running> {
  const { config, listening } = was;
  const { cookieSecrets } = was.serving;
  for (;;) {
    let inherited: Inheritance | undefined;
    try {
      inherited = {
        ...inheritedSockets(sockets(), openLibc().close),
        cookieSecrets,
        predecessorsAt: place.path(ANSWERS_NAME),
      };
      return await start(config, log, {
        ...options,
        takeover: {
          config: withPorts(config, listening),
          inherited,
          place,
          take: async () => lockDataDir(config.dataDir),
          answering: async () => {},
        },
      });
    } catch (err) {
      inherited?.closeRest();
      log.error(
        { err },
        'Lifeguard cannot work again after a failed replacement. It answers as before, and tries again.',
      );
      await new Promise((resolve) => setTimeout(resolve, RESUME_EVERY_MS));
    }
  }
}
