import { apiError } from './errors.ts';
import { invalid, memberPointer } from './problem.ts';

/** Objects and arrays inside one another in a body. */
export const DEPTH_MAX = 16;
/** Values in a body: every number, string, object and so on counts one. */
export const VALUES_MAX = 50_000;

/**
 * Reads a request body: JSON in UTF-8, whatever the content type says; nothing when the body is empty. Throws ApiError
 * for anything else, and as refuseExcess does.
 */
export function parseJsonBody(octets: Uint8Array, valuesMax: number = VALUES_MAX): unknown {
  if (octets.length === 0) return undefined;
  const value = parsed(octets);
  refuseExcess(value, valuesMax);
  return value;
}

function parsed(octets: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets));
  } catch (error) {
    throw apiError('badJson', { why: error instanceof Error ? error.message : String(error) });
  }
}

interface Place {
  readonly value: unknown;
  readonly depth: number;
  readonly key: string;
  readonly within: Place | undefined;
}

/**
 * Throws ApiError for a body over DEPTH_MAX or `valuesMax` values, and for members called `__proto__`, which no object can
 * be trusted to hold.
 */
export function refuseExcess(body: unknown, valuesMax: number): void {
  const open: Place[] = [{ value: body, depth: 0, key: '', within: undefined }];
  let values = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    values += 1;
    if (values > valuesMax) throw invalid([{ pointer: '', rule: `holds more than ${valuesMax} values` }]);
    if (typeof value !== 'object' || value === null) continue;
    if (depth === DEPTH_MAX)
      throw invalid([{ pointer: pointerTo(next), rule: `is nested deeper than ${DEPTH_MAX}` }]);
    for (const [key, member] of Object.entries(value)) {
      const place = { value: member, depth: depth + 1, key, within: next };
      if (key === '__proto__') throw invalid([{ pointer: pointerTo(place), rule: 'is not a known field' }]);
      open.push(place);
    }
  }
}

function pointerTo({ key, within }: Place): string {
  return within === undefined ? '' : memberPointer(pointerTo(within), key);
}
