import type { Trail } from '../event/event.ts';

/** Events kept of each trail; older ones are forgotten. */
export const EVENTS_MAX = { health: 10_000, told: 20_000, audit: 10_000 } as const satisfies Record<
  Trail,
  number
>;
/** Events kept of all trails together. */
export const EVENTS_ALL_MAX = EVENTS_MAX.health + EVENTS_MAX.told + EVENTS_MAX.audit;
/**
 * Octets of the events kept of each trail, as UTF-8 JSON; 64 MiB together. Older ones are forgotten until the rest fits.
 * Those that are kept in one step stay, whatever their size.
 */
export const EVENTS_OCTETS_MAX = {
  health: 16_777_216,
  told: 16_777_216,
  audit: 33_554_432,
} as const satisfies Record<Trail, number>;
