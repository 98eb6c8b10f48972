import type { UnservedZone } from '../publish/served-zones.ts';
import type { Alarms } from './alarms.ts';

/** Maximum of zones that the alarm names. */
export const UNSERVED_NAMED_MAX = 10;

/** Raises the alarm about zones of the store that are not served, because they break a rule beside those that are. */
export interface UnservedZonesLog {
  /** Takes in which zones of the store are not served now. */
  look(unserved: ReadonlyMap<string, UnservedZone>): void;
}

/** Creates the log. */
export function createUnservedZonesLog(alarms: Pick<Alarms, 'raise' | 'end'>): UnservedZonesLog {
  /** What was raised; '': nothing. */
  let raised = '';
  return {
    look(unserved) {
      const cause = describe(unserved);
      if (cause === raised) return;
      raised = cause;
      if (cause === '') alarms.end('unserved_zones', '', {});
      else
        alarms.raise({ alarm: 'unserved_zones', about: '', pools: [], cause }, cause, {
          zones: inOrder(unserved).slice(0, UNSERVED_NAMED_MAX),
          count: unserved.size,
        });
    },
  };
}

function describe(unserved: ReadonlyMap<string, UnservedZone>): string {
  const named = inOrder(unserved).slice(0, UNSERVED_NAMED_MAX);
  const more = unserved.size - named.length;
  const texts = named.map(({ id, name, why }) => `zone ${name} (identifier ${id}) ${why}`);
  return `${texts.join('; ')}${more > 0 ? `; ${unserved.size} in all` : ''}`;
}

function inOrder(unserved: ReadonlyMap<string, UnservedZone>): UnservedZone[] {
  const keyOf = ({ name, id }: UnservedZone) => `${name} ${id}`;
  return [...unserved.values()].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}
