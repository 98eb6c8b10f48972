import type { AliasSource } from '../../admin/zones/alias-source.ts';
import { formatName, parseName } from '../../dns/name.ts';
import { parseRdata } from '../../rdata/rdata.ts';
import { recordTypeNumber } from '../../rdata/record-type.ts';
import type { Serving } from '../../serve/serve.ts';
import { loopWith } from '../../zone/alias-loops.ts';

/** Aliases that are followed from a record that is written, at the most: more than any resolver follows. */
export const ALIASES_TOLD_MAX = 64;

/** Follows the aliases that a node answers. */
export function aliasSourceOf({ contents }: Pick<Serving, 'contents'>): AliasSource {
  return {
    loopWith({ name, type, content }) {
      const number = recordTypeNumber(type)!;
      const rdata = [parseRdata(number, content)];
      const set = { owner: parseName(name), type: number, ttlSeconds: 0, rdata };
      return loopWith(contents(), set, ALIASES_TOLD_MAX)?.map((each) => formatName(each));
    },
  };
}
