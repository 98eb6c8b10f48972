/** Maximum number of pools in a list of a load balancer. */
export const LISTED_POOLS_MAX = 1_000;
/** Maximum number of different pools that a load balancer names. */
export const NAMED_POOLS_MAX = 1_000;
/** Maximum number of codes in a map of pools, of each kind. */
export const MAPPED_CODES_MAX = 1_000;
/** Maximum number of rules of a load balancer. */
export const RULES_MAX = 100;
/** Maximum number of patterns (`matches`) in the conditions of a load balancer: to read one may take a twentieth of a second. */
export const PATTERNS_MAX = 10;
/** Maximum number of different patterns in the load balancers of one document: some seconds of work, and half a minute where all are the worst. */
export const DOCUMENT_PATTERNS_MAX = 1_000;
/**
 * Maximum octets of all texts that the conditions of a load balancer search in the question's name (`contains`). A query compares
 * each of them with up to 255 octets of the name: 4,000 take about a millisecond.
 */
export const SEARCHED_OCTETS_MAX = 4_000;
/** Maximum number of pool sets of a load balancer. */
export const POOL_SETS_MAX = 1_000;
/** Maximum number of codes in each list of a pool set's topology. */
export const TOPOLOGY_CODES_MAX = 1_000;
/** Maximum characters of the name of a rule or of a pool set. */
export const RULE_NAME_MAX = 200;
/** Maximum number of zones that a load balancer may have left. */
export const LEFT_ZONES_MAX = 20;
/** Maximum TTL of a load balancer, seconds: one day. */
export const LOAD_BALANCER_TTL_MAX = 86_400;
/** Maximum of a rule's priority, and of its negative. */
export const PRIORITY_MAX = 2 ** 31 - 1;
