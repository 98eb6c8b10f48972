/**
 * What is wrong with a request, and where: a JSON pointer into its body.
 * @typedef {{ message: string, source?: { pointer: string } | null }} Problem
 */

/** A request that the API refused, or that did not reach it (status 0). */
export class RequestError extends Error {
  /**
   * @param {number} status
   * @param {Problem[]} problems
   */
  constructor(status, problems) {
    super(problems.map(({ message }) => message).join(' '));
    this.status = status;
    this.problems = problems;
  }
}

/** @type {Set<(message: string) => void>} */
const enders = new Set();

/**
 * Calls back when the API says that the session has ended.
 * @param {(message: string) => void} ended
 */
export function onSessionEnd(ended) {
  enders.add(ended);
}

/**
 * Sends a request to the API of this server, and returns its result with the place of its page in a list. Throws RequestError.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<{ result: any, info: any }>}
 */
export async function request(method, path, body) {
  const headers = { 'x-lifeguard-dashboard': '1', 'content-type': 'application/json' };
  const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(path, sent).catch(() => undefined);
  if (response === undefined) throw new RequestError(0, [{ message: 'The server does not answer.' }]);
  const answer = await response.json().catch(() => undefined);
  if (response.ok && answer?.success) return { result: answer.result, info: answer.result_info };
  /** @type {Problem[]} */
  const problems = answer?.errors ?? [{ message: `The server answered ${response.status}.` }];
  const refusal = new RequestError(response.status, problems);
  if (response.status === 401) for (const ended of enders) ended(refusal.message);
  throw refusal;
}
