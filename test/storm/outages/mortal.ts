import type { LifeguardProcess } from '../../support/lifeguard.ts';

/** A process that is killed and started again, on the same ports and data. */
export interface Mortal {
  readonly title: string;
  /** The process that runs now. */
  readonly process: LifeguardProcess;
  /** kill -9. */
  kill(): Promise<void>;
  revive(): Promise<void>;
}

/** Starts it for the first time. */
export async function startMortal(title: string, start: () => Promise<LifeguardProcess>): Promise<Mortal> {
  let running = await start();
  return {
    title,
    get process() {
      return running;
    },
    async kill() {
      await running.end('SIGKILL');
    },
    async revive() {
      running = await start();
    },
  };
}
