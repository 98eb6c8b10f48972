/** Maximum of codes and ranges in one list. */
export const EXPECTED_CODES_MAX = 50;

declare const expectedCodes: unique symbol;
/** The HTTP statuses that a monitor accepts, as spans with both ends included. */
export type ExpectedCodes = readonly { readonly from: number; readonly to: number }[] & {
  readonly [expectedCodes]: true;
};

/**
 * Parses a code `200`, a range `2xx`, or a comma-separated list of them, blanks around each allowed. undefined when
 * the text is anything else: empty, outside 100 to 599, a partial range such as `20x`, or longer than
 * EXPECTED_CODES_MAX.
 */
export function parseExpectedCodes(text: string): ExpectedCodes | undefined {
  const parts = text.split(',', EXPECTED_CODES_MAX + 1);
  if (parts.length > EXPECTED_CODES_MAX) return undefined;
  const spans: { from: number; to: number }[] = [];
  for (const part of parts) {
    const [, hundreds, rest] = /^\s*([1-5])(\d\d|[xX]{2})\s*$/.exec(part) ?? [];
    if (hundreds === undefined || rest === undefined) return undefined;
    const first = Number(hundreds) * 100;
    const exact = first + Number(rest);
    spans.push(Number.isNaN(exact) ? { from: first, to: first + 99 } : { from: exact, to: exact });
  }
  return spans as unknown as ExpectedCodes;
}

/** Returns true where the status of a response is among the codes. */
export function matches(codes: ExpectedCodes, status: number): boolean {
  return codes.some(({ from, to }) => status >= from && status <= to);
}

/** The statuses that ask to go elsewhere (RFC 9110 §15.4; 300, 304 and 305 do not do so automatically). */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Returns true where a status asks to go elsewhere. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}
