/** A rule was broken. */
export class Broken extends Error {
  override readonly name = 'Broken';

  /** At so many milliseconds from the beginning. */
  constructor(rule: string, atMs: number, details: object) {
    super(`${rule} at ${atMs} ms: ${JSON.stringify(details)}`);
  }
}
