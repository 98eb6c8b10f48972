import { TTL_SECONDS_MAX } from '../dns/rrset.ts';
import { boolean, listOf, objectOf, recordOf, shallow, text, wholeFrom } from '../pool/shape.ts';

const seconds = wholeFrom(0, TTL_SECONDS_MAX);

/** A zone made over the API as a store keeps it. Reading it as a zone checks its names and addresses. */
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
  { vanityNameServers: listOf(text), dnsSettings: recordOf(shallow) },
);
