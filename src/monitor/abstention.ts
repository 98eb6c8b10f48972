import type { Logger } from './logger.ts';

/** What an abstention works with. */
export interface AbstentionOptions {
  readonly region: string;
  readonly log: Logger;
  /** Tells the others with the next beat that this worker abstains, or no longer does. */
  readonly tell: (isAbstaining: boolean, refusal?: string) => void;
  /** Reads what others found meanwhile, who may have had its checks; never rejects. */
  readonly refresh: () => Promise<void>;
}

/** Whether a worker has a vote, and why not: its own network is cut off, or the store refuses what it finds. */
export interface Abstention {
  /** Its reference targets cannot be reached: what it finds is not believed. */
  readonly isCutOff: boolean;
  /**
   * Why the store refuses what it finds; undefined: it does not. Who cannot publish has no vote, however well its
   * lease can be renewed, as nobody hears what it would say. It goes on checking, and what it finds waits.
   */
  readonly refusal: string | undefined;
  cutOff(isCutOff: boolean, failed: readonly string[]): void;
  refused(why: string | undefined): void;
  stop(): void;
}

/** Creates the abstention of a worker that has a vote. */
export function createAbstention({ region, log, tell, refresh }: AbstentionOptions): Abstention {
  let isCutOff = false;
  /** Whether the reference targets fail now, which isCutOff outlasts until the worker has read what others found. */
  let areReferencesAway = false;
  let refusal: string | undefined;
  let isStopped = false;

  /** Others may have had its checks meanwhile: first what they found, then results of its own. */
  function comeBack(): void {
    void refresh().finally(() => {
      if (areReferencesAway || isStopped) return;
      if (isCutOff) log.info({ region }, 'This worker votes again: it reaches the reference targets.');
      isCutOff = false;
      tell(refusal !== undefined, refusal);
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
      tell(true);
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
      if (!isCutOff && !wasRefused) tell(true, why);
    },
    stop() {
      isStopped = true;
    },
  };
}
