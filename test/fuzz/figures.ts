import type { Judged } from './judge.ts';

/** What a part of a run came to. */
export interface Figures {
  packets: number;
  silent: number;
  limited: number;
  answered: number;
  truncated: number;
  /** Answers by rcode. */
  readonly rcodes: Map<number, number>;
}

/** Nothing counted yet. */
export function newFigures(): Figures {
  return { packets: 0, silent: 0, limited: 0, answered: 0, truncated: 0, rcodes: new Map() };
}

/** Counts one packet. */
export function count(figures: Figures, judged: Judged): void {
  figures.packets += 1;
  figures[judged.kind] += 1;
  if (judged.kind !== 'answered') return;
  const { rcode, tc } = judged.message;
  if (tc) figures.truncated += 1;
  figures.rcodes.set(rcode, (figures.rcodes.get(rcode) ?? 0) + 1);
}

/** A packet that was not treated as it must be, and what it takes to see that again. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
  /** The first case to run for it, and how many. */
  readonly from: number;
  readonly cases: number;

  constructor(packet: Uint8Array, at: { from: number; cases: number }, cause: unknown) {
    super(
      `${cause instanceof Error ? cause.message : String(cause)}: ${Buffer.from(packet).toString('hex')}`,
      {
        cause,
      },
    );
    this.from = at.from;
    this.cases = at.cases;
  }
}
