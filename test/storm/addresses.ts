import type { Message } from '../answer/decode.ts';

/** The addresses in an answer's AAAA records, as bench/verdict/pools.ts writes them. */
export function addressesIn({ answer }: Message): string[] {
  return answer.map(({ rdata }) => {
    const group = (at: number) => Number.parseInt(rdata.slice(at, at + 4), 16).toString(16);
    return `2001:db8::${group(24)}:${group(28)}`;
  });
}
