import { html } from '../../html.js';
import { countryName } from '../../map/country.js';
import { policyText } from './policy.js';
import { PoolNamed, PoolsInOrder } from './pool-named.js';

/** Lists by place, in the order in which they count. */
const MAPS = [
  { field: 'pop_pools', clients: (/** @type {string} */ code) => `Clients of a node at site ${code}` },
  { field: 'country_pools', clients: (/** @type {string} */ code) => `Clients in ${countryName(code)}` },
  { field: 'region_pools', clients: (/** @type {string} */ code) => `Clients in region ${code}` },
];
/** Rules, pool sets and lists that are shown of each kind; the API has all. */
const SHOWN_MAX = 50;

/**
 * What decides before and after the list of pools: lists by place, pool sets and rules, in words.
 * @param {{ balancer: any, names: ReadonlyMap<string, string> }} props
 */
export function Rules({ balancer, names }) {
  const sets = balancer.pool_sets ?? [];
  const rules = (balancer.rules ?? []).toSorted(
    (/** @type {any} */ a, /** @type {any} */ b) => (a.priority ?? 0) - (b.priority ?? 0),
  );
  const isMapped = MAPS.some(({ field }) => Object.keys(balancer[field] ?? {}).length > 0);
  return html`
    ${isMapped ? html`<section><h2>Lists by place</h2><ul class="rules"><${Maps} from=${balancer} names=${names} /></ul></section>` : null}
    ${
      sets.length === 0
        ? null
        : html`<section><h2>Pool sets</h2><p class="quiet">The first one that matches is used, before rules.</p>
            <ol class="rules">${sets.slice(0, SHOWN_MAX).map((/** @type {any} */ set, /** @type {number} */ at) => html`<li key=${at}><b>${set.name || `Pool set ${at + 1}`}</b> <${Disabled} of=${set} />${set.description ? html`<div class="quiet">${set.description}</div>` : null}<div>${matchText(set.match)}</div><ul><${Changes} of=${set} names=${names} /></ul></li>`)}</ol><${More} count=${sets.length} /></section>`
    }
    ${
      rules.length === 0
        ? null
        : html`<section><h2>Rules</h2><p class="quiet">In this order. A later rule replaces what an earlier one set.</p>
            <ol class="rules">${rules.slice(0, SHOWN_MAX).map((/** @type {any} */ rule, /** @type {number} */ at) => html`<li key=${at}><b>${rule.name || `Rule ${at + 1}`}</b> <${Disabled} of=${rule} />${rule.condition ? html`<div>For queries with <code>${rule.condition}</code></div>` : html`<div>For every query</div>`}<ul><${Changes} of=${rule} names=${names} />${rule.terminates ? html`<li>No later rule counts.</li>` : null}</ul></li>`)}</ol><${More} count=${rules.length} /></section>`
    }
    ${isMapped || sets.length > 0 || rules.length > 0 ? null : html`<section><h2>Rules</h2><p class="quiet">There are no rules, no pool sets and no lists by place: what is above decides for every query.</p></section>`}`;
}

/** @param {{ of: any }} props */
function Disabled({ of: { disabled } }) {
  return disabled ? html`<span class="quiet">(disabled)</span>` : null;
}

/** @param {{ count: number }} props */
function More({ count }) {
  return count > SHOWN_MAX
    ? html`<p class="quiet">and ${count - SHOWN_MAX} more, which the API shows.</p>`
    : null;
}

/** @param {{ from: any, names: ReadonlyMap<string, string> }} props */
function Maps({ from, names }) {
  return MAPS.map(({ field, clients }) => {
    const lists = Object.entries(from[field] ?? {});
    return html`${lists.slice(0, SHOWN_MAX).map(([code, ids]) => html`<li key=${field + code}>${clients(code)} get <${PoolsInOrder} ids=${ids} names=${names} /></li>`)}${lists.length > SHOWN_MAX ? html`<li class="quiet">and ${lists.length - SHOWN_MAX} more</li>` : null}`;
  });
}

/** @param {any} match */
function matchText(match) {
  const { pops = [], countries = [], regions = [] } = match?.topology ?? {};
  const places = [
    ...(pops ?? []).map((/** @type {string} */ code) => `site ${code}`),
    ...(countries ?? []).map(countryName),
    ...(regions ?? []).map((/** @type {string} */ code) => `region ${code}`),
  ];
  return match?.default || places.length === 0 ? 'For every client' : `For clients in ${places.join(', ')}`;
}

/** What a rule or a pool set changes. @param {{ of: any, names: ReadonlyMap<string, string> }} props */
function Changes({ of: { overrides, fixed_response: fixed }, names }) {
  const { fallback_pool: fallback, steering_policy: policy, ttl } = overrides ?? {};
  const pools = overrides?.pools ?? overrides?.default_pools;
  const weights = Object.entries(overrides?.pool_weights ?? overrides?.random_steering?.pool_weights ?? {});
  return html`
    ${pools ? html`<li>Pools: <${PoolsInOrder} ids=${pools} names=${names} /></li>` : null}
    ${weights.length > 0 ? html`<li>Weights: <span class="names">${weights.map(([id, weight]) => html`<span key=${id}><${PoolNamed} id=${id} name=${names.get(id)} /> ${weight}</span>`)}</span></li>` : null}
    ${policy ? html`<li>${policyText(policy)} (policy ${policy})</li>` : null}
    <${Maps} from=${overrides ?? {}} names=${names} />
    ${fallback ? html`<li>Fallback pool: <${PoolNamed} id=${fallback} name=${names.get(fallback)} /></li>` : null}
    ${ttl ? html`<li>TTL ${ttl} s</li>` : null}
    ${fixed && !pools?.length ? html`<li>It has a fixed response, which DNS cannot give.</li>` : null}`;
}
