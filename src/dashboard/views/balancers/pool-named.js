import { html } from '../../html.js';
import { PoolLink } from '../../parts/event.js';
import { useData } from '../../shell/data.js';

/**
 * A link to a pool of which only the identifier may be known.
 * @param {{ id: string, name?: string | null | undefined }} props
 */
export function PoolNamed({ id, name }) {
  const { data } = useData(name ? undefined : `/lifeguard/v1/pools/${id}/state`, { live: false });
  return html`<${PoolLink} id=${id} name=${name ?? data?.name ?? id} />`;
}

/**
 * Pools in the order in which they count.
 * @param {{ ids: readonly string[], names: ReadonlyMap<string, string> }} props
 */
export function PoolsInOrder({ ids, names }) {
  if (ids.length === 0) return 'no pool';
  return html`<span class="names">${ids.map((id, at) => html`<span key=${id}><${PoolNamed} id=${id} name=${names.get(id)} />${at < ids.length - 1 ? ',' : ''}</span>`)}</span>`;
}
