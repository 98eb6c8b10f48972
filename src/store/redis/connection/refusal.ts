/** Why Redis refuses a command that the user may not run. */
export const LACKS_PERMISSION = 'The Redis user lacks a permission that Lifeguard needs (ACL)';

/** Errors with which Redis refuses a command, and what they mean. In the words of Redis 6.2 to 8. */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [
    /^All sentinels are unreachable.*(?:NOAUTH |WRONGPASS |invalid username-password|without any password)/s,
    'The sentinels do not accept the user or the password of store.redis.sentinel',
  ],
  // A script of Redis 6.2 says the code of the command that failed in the middle of its own text, after a hyphen.
  [/(?:^|-)OOM /, 'Redis is out of memory'],
  [/(?:^|-)READONLY /, 'Redis is a read-only replica'],
  [/(?:^|-)NOREPLICAS /, 'Redis has fewer replicas in reach than its min-replicas-to-write'],
  [/(?:^|-)MISCONF /, 'Redis cannot save its data to disk'],
  [/(?:^|-)NOPERM |The user executing the script can't|ACL failure in script/, LACKS_PERMISSION],
  [
    /(?:^|-)NOAUTH |(?:^|-)WRONGPASS |invalid username-password|called without any password/,
    'Redis does not accept the user or the password of store.redis_url',
  ],
  [/(?:^|-)CLUSTERDOWN /, 'Redis Cluster is down, or does not serve the slot of the store'],
  [/(?:^|-)(?:ASK|TRYAGAIN) /, 'Redis Cluster is moving the slot of the store to another node'],
  [/max number of clients/, 'Redis has as many clients as its maxclients allows'],
  [/exhausted the last possible ID/, 'A stream of the store in Redis takes no more entries'],
  [/(?:^|-)WRONGTYPE /, 'A key of the store in Redis holds another type than it should'],
];

/** Why Redis refuses a command, by the text of its error; undefined: the error is no refusal. */
export function refusalIn(error: string): string | undefined {
  return REFUSALS.find(([pattern]) => pattern.test(error))?.[1];
}
