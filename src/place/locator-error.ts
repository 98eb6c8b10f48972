/**
 * A database, or all sources of a locator, that cannot be used: what is wrong with it, in words that follow its name. `about` adds
 * the name.
 */
export class LocatorError extends Error {
  override readonly name = 'LocatorError';
}

/** Puts the name before a LocatorError of `make`. */
export function about<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof LocatorError) throw new LocatorError(`${name} ${error.message}`);
    throw error;
  }
}
