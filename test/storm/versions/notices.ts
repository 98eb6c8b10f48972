import type { Payload } from '../../../src/notify/payload.ts';

/** A notification that came, or that must come. */
export interface Notice {
  /** What it is about, such as `origin web/e1`. */
  readonly about: string;
  readonly health: string;
}

/** A notification that came. */
export interface CameNotice extends Notice {
  /** The same for two notifications of one event: the number of the event, which rises. */
  readonly id: string;
}

/** Whether an event comes before another one, or is the same, by their numbers. */
const isUpTo = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true }) <= 0;

/**
 * Compares all notifications that came with all that had to come: each once, those about one thing in their order, and all in the order of
 * their events. Returns what is wrong. `repeatsMax`: so many may come twice.
 */
export function wrongNotices(
  wanted: readonly Notice[],
  came: readonly CameNotice[],
  repeatsMax = 0,
): string[] {
  const wrong: string[] = [];
  const byId = Map.groupBy(came, ({ id }) => id);
  const repeated = [...byId].filter(([, { length }]) => length > 1);
  const mayRepeat = repeated.length <= repeatsMax;
  for (const [id, [first, ...more]] of repeated)
    if (!mayRepeat || more.length > 1)
      wrong.push(`${first!.about} ${first!.health} (event ${id}) was notified ${more.length + 1} times`);
  for (const [at, { about, health, id }] of came.entries())
    if (at > 0 && isUpTo(id, came[at - 1]!.id) && id !== came[at - 1]!.id)
      wrong.push(`${about} ${health} (event ${id}) was notified after event ${came[at - 1]!.id}`);
  const once = [...byId.values()].map(([first]) => first!);
  const sequences = (all: readonly Notice[]) => Map.groupBy(all, ({ about }) => about);
  const [must, did] = [sequences(wanted), sequences(once)];
  const textOf = (all: readonly Notice[] = []) => all.map(({ health }) => health).join(', ') || 'nothing';
  for (const about of [...new Set([...must.keys(), ...did.keys()])].sort()) {
    const [expected, found] = [textOf(must.get(about)), textOf(did.get(about))];
    if (expected !== found) wrong.push(`${about}: ${expected} had to be notified, and ${found} was`);
  }
  return wrong;
}

/** The notifications in the payloads that a receiver got. */
export function noticesOf(payloads: readonly Pick<Payload, 'data'>[]): CameNotice[] {
  return payloads.map(({ data }) => ({
    about: aboutOf(data),
    health: String(data.new_health),
    id: String(data.event_id),
  }));
}

function aboutOf(data: Payload['data']): string {
  switch (data.event_source) {
    case 'origin':
      return `origin ${data.pool_name}/${data.origin_name}`;
    case 'alarm':
      return `alarm ${data.alarm} ${data.about}`;
    default:
      return `${data.event_source} ${data.pool_name ?? data.load_balancer_name}`;
  }
}

/** How many of these notifications are about a thing. */
export function countAbout(notices: readonly Notice[], about: string): number {
  return notices.filter((each) => each.about === about).length;
}

/** Of alarms that may come and need not, what has to come with those that did: each that was raised is over in the end. */
export function pairsOf(came: readonly CameNotice[], mayCome: (about: string) => boolean): Notice[] {
  const alarms = [...new Set(came.map(({ about }) => about))].filter(mayCome);
  return alarms.flatMap((about) =>
    Array.from({ length: Math.ceil(countAbout(came, about) / 2) }, () => [
      { about, health: 'Unhealthy' },
      { about, health: 'Healthy' },
    ]).flat(),
  );
}
