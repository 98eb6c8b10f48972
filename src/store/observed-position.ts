/**
 * Where a follower of observations is, as the opaque text of the contract: how many changed observations it has
 * seen, and in which history (the epoch, and where it is known the link of the last), since the configuration may have been read before the store was emptied and the
 * observations after.
 */
export function formatObserved(epoch: string, number: number, link?: string): string {
  return link === undefined ? `${epoch}.${number}` : `${epoch}.${number}.${link}`;
}

/** The number, and the link where there is one; NaN, which is before nothing and after nothing, for other text or another epoch. */
export function parseObserved(epoch: string, position: string): { number: number; link?: string } {
  const rest = position.startsWith(`${epoch}.`) ? position.slice(epoch.length + 1) : '';
  const [, number, link] = /^(\d{1,15})(?:\.([\w-]{1,64}))?$/.exec(rest) ?? [];
  return number === undefined ? { number: Number.NaN } : { number: Number(number), ...(link && { link }) };
}
