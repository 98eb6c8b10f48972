import { apiError } from './errors.ts';
import { invalid, memberPointer } from './problem.ts';

/** Objects and arrays inside one another in a body. */
export const DEPTH_MAX = 16;
/** Values in a body: every number, string, object and so on counts one. */
export const VALUES_MAX = 50_000;

/**
 * Reads a request body: JSON in UTF-8, whatever the content type says; nothing when the body is empty. Throws ApiError
 * for anything else, for a body over DEPTH_MAX or VALUES_MAX, and for members called `__proto__`, which no object
 * can be trusted to hold.
 */
export function parseJsonBody(octets: Uint8Array): unknown {
  if (octets.length === 0) return undefined;
  const value = parsed(octets);
  refuseExcess(value);
  return value;
}

function parsed(octets: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets));
  } catch (error) {
    throw apiError('badJson', { why: error instanceof Error ? error.message : String(error) });
  }
}

function refuseExcess(body: unknown): void {
  const open: { value: unknown; depth: number; pointer: string }[] = [{ value: body, depth: 0, pointer: '' }];
  let values = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth, pointer } = next;
    values += 1;
    if (values > VALUES_MAX) throw invalid([{ pointer: '', rule: `holds more than ${VALUES_MAX} values` }]);
    if (typeof value !== 'object' || value === null) continue;
    if (depth === DEPTH_MAX) throw invalid([{ pointer, rule: `is nested deeper than ${DEPTH_MAX}` }]);
    for (const [key, member] of Object.entries(value)) {
      const at = memberPointer(pointer, key);
      if (key === '__proto__') throw invalid([{ pointer: at, rule: 'is not a known field' }]);
      open.push({ value: member, depth: depth + 1, pointer: at });
    }
  }
}
