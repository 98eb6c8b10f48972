const NAMES = new Intl.DisplayNames('en', { type: 'region' });

/**
 * Returns the English name of a country, or its code where it has none.
 * @param {string} code
 */
export function countryName(code) {
  return NAMES.of(code) ?? code;
}
