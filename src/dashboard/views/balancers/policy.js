/** What each policy does, in a sentence. */
const POLICIES = /** @type {Record<string, string>} */ ({
  off: 'The first usable pool of the list answers.',
  geo: 'The country or the region of the client decides which list counts. The first usable pool of it answers.',
  random: 'One of the usable pools is drawn for each answer, by weight.',
  proximity: 'The usable pool that is nearest to the client answers.',
  dynamic_latency: "The usable pool that answers checks from the client's region fastest answers.",
});

/**
 * Says what a policy does. Policies that DNS cannot have draw by weight.
 * @param {string} policy
 */
export function policyText(policy) {
  return POLICIES[policy] ?? POLICIES.random;
}
