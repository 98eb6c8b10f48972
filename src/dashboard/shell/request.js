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
 * What the API answered: the result, the place of its page in a list, and its entity tag.
 * @typedef {{ result: any, info: any, tag: string | null }} Answer
 */

/**
 * Sends a request to the API of this server, and returns its answer. Throws RequestError.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {Record<string, string>} [fields] header fields
 * @returns {Promise<Answer>}
 */
export async function request(method, path, body, fields) {
  const response = await send(method, path, body, fields);
  const answer = await response.json().catch(() => undefined);
  if (response.ok && answer?.success)
    return { result: answer.result, info: answer.result_info, tag: response.headers.get('etag') };
  /** @type {Problem[]} */
  const problems = answer?.errors ?? [{ message: `The server answered ${response.status}.` }];
  const refusal = new RequestError(response.status, problems);
  if (response.status === 401) for (const ended of enders) ended(refusal.message);
  throw refusal;
}

/**
 * Reads something again. Returns the answer that is known where the server says that it is the same. Throws RequestError.
 * @param {string} path
 * @param {Answer | undefined} known
 * @returns {Promise<Answer>}
 */
export async function readAgain(path, known) {
  if (!known?.tag) return request('GET', path);
  try {
    return await request('GET', path, undefined, { 'if-none-match': known.tag });
  } catch (error) {
    if (error instanceof RequestError && error.status === 304) return known;
    throw error;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} body
 * @param {Record<string, string>} [fields]
 */
async function send(method, path, body, fields) {
  const headers = { 'x-lifeguard-dashboard': '1', 'content-type': 'application/json', ...fields };
  const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(path, sent).catch(() => undefined);
  if (response === undefined) throw new RequestError(0, [{ message: 'The server does not answer.' }]);
  return response;
}
