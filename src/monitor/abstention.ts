import type { Logger } from './logger.ts';

/** Dependencies of createAbstention. */
export interface AbstentionOptions {
  readonly region: string;
  readonly log: Logger;
  /** Announces with the next beat that this worker abstains, or no longer does. */
  readonly announce: (isAbstaining: boolean, refusal?: string) => void;
  /** Reads the observations of others, which may have had its checks meanwhile. Never rejects. */
  readonly refresh: () => Promise<void>;
}

/** Tracks whether a worker abstains, and why: its own network is cut off, or the store refuses its results. */
export interface Abstention {
  /** true: its reference targets are unreachable, and its results do not count. */
  readonly isCutOff: boolean;
  /**
   * Why the store refuses its results; undefined: it takes them. A worker that cannot publish has no vote, even where
   * its lease can be renewed, because nobody sees its results. It goes on checking, and its results wait.
   */
  readonly refusal: string | undefined;
  cutOff(isCutOff: boolean, failed: readonly string[]): void;
  refused(why: string | undefined): void;
  stop(): void;
}

/** Creates the abstention of a worker that has a vote. */
export function createAbstention({ region, log, announce, refresh }: AbstentionOptions): Abstention {
  let isCutOff = false;
  /** true while the reference targets fail. isCutOff lasts until the worker has read the observations of others. */
  let areReferencesAway = false;
  let refusal: string | undefined;
  let isStopped = false;

  /** Reads the observations of others before this worker votes again: they may have had its checks meanwhile. */
  function comeBack(): void {
    void refresh().finally(() => {
      if (areReferencesAway || isStopped) return;
      if (isCutOff) log.info({ region }, 'This worker votes again: it reaches the reference targets.');
      isCutOff = false;
      announce(refusal !== undefined, refusal);
    });
  }

  return {
    get isCutOff() {
      return isCutOff;
    },
    get refusal() {
      return refusal;
    },
    cutOff(next, failed) {
      if (isStopped) return;
      areReferencesAway = next;
      if (!next) {
        comeBack();
        return;
      }
      isCutOff = true;
      log.error(
        { region, failed },
        'This worker abstains from voting: it cannot reach most reference targets.',
      );
      announce(true);
    },
    refused(why) {
      if (why === refusal || isStopped) return;
      const wasRefused = refusal !== undefined;
      refusal = why;
      if (why === undefined) {
        log.info({ region }, 'The store takes check results again. This worker votes again.');
        if (!isCutOff) comeBack();
        return;
      }
      log.error(
        { region, why },
        'The store refuses check results. This worker has no vote until it takes them.',
      );
      if (!isCutOff && !wasRefused) announce(true, why);
    },
    stop() {
      isStopped = true;
    },
  };
}
