import { boolean, listOf, objectOf, text, wholeFrom } from '../pool/shape.ts';

/** The longest TTL (RFC 2181 §8). */
const TTL_MAX = 2 ** 31 - 1;
const seconds = wholeFrom(0, TTL_MAX);

/** A zone made over the API as a store keeps it. What its names and addresses must be, reading it as a zone says. */
export const ZONE_SHAPE = objectOf(
  {
    id: text,
    name: text,
    type: text,
    paused: boolean,
    settings: objectOf(
      { ns: listOf(objectOf({ name: text }, { addresses: listOf(text) })) },
      {
        ttl: seconds,
        soa: objectOf(
          {},
          {
            mname: text,
            rname: text,
            ttl: seconds,
            refresh: seconds,
            retry: seconds,
            expire: seconds,
            minimum: seconds,
          },
        ),
        pools: text,
        pool_ttl: seconds,
      },
    ),
    createdOn: text,
    modifiedOn: text,
  },
  { vanityNameServers: listOf(text) },
);
