import type { Member } from '../../../src/pool/members.ts';

/** A generation in 16 bits, and how many members its pool has: from none to four, so that sizes differ too. */
export const GENERATIONS_MAX = 0xffff;
export const membersIn = (generation: number) => generation % 5;

/** A pool whose every address tells the generation it belongs to. */
export function membersOfGeneration(generation: number): Member[] {
  return Array.from({ length: membersIn(generation) }, (_, i) => ({
    address: `2001:db8::${generation.toString(16)}:${i + 1}`,
    weight: 100,
  }));
}

/** Words both threads share. */
export const Shared = {
  /** The newest generation the writer may have begun. */
  BEGUN: 0,
  /** Not 0: the reader is to stop. */
  STOP: 1,
  /** Generations the reader saw change, and queries it made. */
  SEEN: 2,
  QUERIES: 3,
  /** Times the reader changed over to other buffers. */
  ADOPTED: 4,
  /** Not 0: the reader found something wrong and says what in a message. */
  FAILED: 5,
} as const;
export const SHARED_WORDS = 6;

export const FLIPPING = 'web.pools.example.org';
/** A name that is there or not, in turns. */
export const COMING_AND_GOING = 'gone.pools.example.org';
