/** Orders what has an id by the octets of it. */
export function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
}
