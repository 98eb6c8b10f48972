/**
 * Where a follower of observations stands, as the opaque text of the contract: how many changed observations it has
 * seen, and in which history, since the configuration may have been read before the store was emptied and the
 * observations after.
 */
export function formatObserved(epoch: string, number: number): string {
  return `${epoch}.${number}`;
}

/** The number; NaN, which is before nothing and after nothing, for other text or another epoch. */
export function parseObserved(epoch: string, position: string): number {
  const number = position.startsWith(`${epoch}.`) ? position.slice(epoch.length + 1) : '';
  return /^\d{1,15}$/.test(number) ? Number(number) : Number.NaN;
}
