import { useEffect, useState } from 'preact/hooks';
import { html } from '../html.js';
import { EventList } from '../parts/event.js';
import { Empty, Loading } from '../parts/notice.js';
import { QueryInput } from '../parts/query-input.js';
import { useData } from '../shell/data.js';
import { request } from '../shell/request.js';
import { setQuery } from '../shell/router.js';

const KINDS = [
  'pool',
  'endpoint',
  'load_balancer',
  'alarm',
  'override',
  'audit',
  'worker',
  'region',
  'health',
];
/** Events on one page. */
const LIMIT = 50;
const FILTERS = ['kind', 'pool', 'endpoint', 'region'];

/**
 * What happened, newest first; new events come as they happen.
 * @param {{ query: URLSearchParams }} props
 */
export function Events({ query }) {
  const wanted = new URLSearchParams({ limit: String(LIMIT) });
  for (const name of FILTERS) if (query.get(name)) wanted.set(name, String(query.get(name)));
  const path = `/lifeguard/v1/events?${wanted}`;
  const newest = useData(path, { keep: true });
  const [older, setOlder] = useState(
    /** @type {{ path: string, events: any[], next: string | null } | undefined} */ (undefined),
  );
  useEffect(() => setOlder(undefined), [path]);
  const page = newest.data;
  const next = older === undefined ? page?.next : older.next;
  async function more() {
    const { result } = await request('GET', `${path}&before=${encodeURIComponent(next)}`);
    setOlder({ path, events: [...(older?.events ?? []), ...result.events], next: result.next });
  }
  const seen = new Set(page?.events.map((/** @type {any} */ { id }) => id));
  const events =
    page === undefined ? [] : [...page.events, ...(older?.events ?? []).filter(({ id }) => !seen.has(id))];
  return html`<h1>Events</h1>
    <div class="filters" role="search">
      <label>Kind<select value=${query.get('kind') ?? ''} onChange=${changing('kind')}>
        <option value="">all</option>${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${kind.replaceAll('_', ' ')}</option>`)}
      </select></label>
      ${FILTERS.slice(1).map((name) => html`<label key=${name}>${name.charAt(0).toUpperCase()}${name.slice(1)}<${QueryInput} type="search" value=${query.get(name) ?? ''} onChange=${changing(name)} /></label>`)}
    </div>
    <${Loading} loaded=${newest} />
    ${page !== undefined && events.length === 0 ? html`<${Empty} title="No event is like this."><a href="/events">Show all events</a></${Empty}>` : null}
    <${EventList} label="Events" events=${events} />
    ${next ? html`<p><button type="button" onClick=${more}>Show older events</button></p>` : null}`;
}

/** @param {string} name */
function changing(name) {
  return (/** @type {any} */ event) => setQuery(name, event.currentTarget.value.trim());
}
