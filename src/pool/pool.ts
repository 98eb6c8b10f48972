/**
 * Addresses of a family that an answer of a pool has at the most, unless the configuration or the pool says otherwise. Eight
 * AAAA records are the most that always fit in 512 octets (RFC 1035 §4.2.1), however long the name is (255 octets), with an
 * OPT record: those who ask by UDP without EDNS, or cannot ask by TCP, as musl before 1.2.4, get them all.
 */
export const ANSWER_ADDRESSES_DEFAULT = 8;
/** The highest such number. */
export const ANSWER_ADDRESSES_MAX = 1_000;

/** A member of a pool, as authored. The API calls it `origin`. */
export interface Endpoint {
  /** Unique in its pool. */
  readonly name: string;
  /** IPv4, IPv6 or host name; unique in its pool. */
  readonly address: string;
  /** false: never in an answer and never checked. */
  readonly enabled: boolean;
  /** Share among the healthy endpoints, 0 to 1; 0: checked and counted, never in an answer. */
  readonly weight: number;
  /** Overrides the monitor's port; absent, null or 0: the monitor's. */
  readonly port?: number | null;
  /** `Host` sent by checks, overriding the monitor's; exactly one value under `Host`. */
  readonly header?: Readonly<Record<string, readonly string[]>> | null;
  /** Whether a host-name address is answered as its addresses (true) or as a CNAME. */
  readonly flattenCname: boolean;
  /** Stored and echoed, without effect here. */
  readonly virtualNetworkId?: string | null;
  /** RFC 3339; present while disabled. */
  readonly disabledAt?: string;
}

/**
 * A pool, as authored. A field that was never written is absent, and one that was written as null is null, so that a
 * reader gets back exactly what a writer sent.
 */
export interface Pool {
  /** 32 lower-case hex digits. */
  readonly id: string;
  /** Unique, and a valid DNS label: the pool answers at this label under each zone's pools name. */
  readonly name: string;
  readonly description: string;
  /** false: as if the pool did not exist for DNS, and none of its endpoints is checked. */
  readonly enabled: boolean;
  /** RFC 3339; present while disabled. */
  readonly disabledAt?: string;
  /** Minimum number of healthy endpoints for the pool to be healthy; 0 is valid. */
  readonly minimumOrigins: number;
  /** Monitor id, or else the id of a monitor group. Both absent, null or empty: unmonitored. */
  readonly monitor?: string | null;
  readonly monitorGroup?: string | null;
  readonly checkRegions?: readonly string[] | null;
  readonly healthSources?: readonly string[] | null;
  readonly latitude?: number | null;
  readonly longitude?: number | null;
  /** Stored and echoed as written, until something steers by them. */
  readonly loadShedding?: Readonly<Record<string, unknown>> | null;
  readonly originSteering?: Readonly<Record<string, unknown>> | null;
  /** Addresses of a family that an answer has at the most, 1 to ANSWER_ADDRESSES_MAX; absent, null or 0: the node's setting. */
  readonly answerAddressesMax?: number | null;
  /** What its own name answers without a healthy member (steering/all-down.ts); absent or null: `nodata`. */
  readonly allDown?: 'nodata' | 'all' | 'last_healthy' | null;
  readonly notificationEmail: string;
  readonly notificationFilter?: Readonly<Record<string, unknown>> | null;
  /** In the order written. */
  readonly endpoints: readonly Endpoint[];
  /** RFC 3339, UTC, microseconds. */
  readonly createdOn: string;
  readonly modifiedOn: string;
}

/** Who is notified of a pool, by its own settings; absent: the destinations that are notified of everything. */
export type Audience = Pick<Pool, 'notificationEmail' | 'notificationFilter'>;

/** Returns the audience of a pool; undefined: its settings name nobody and filter nothing. */
export function audienceOf({ notificationEmail, notificationFilter }: Pool): Audience | undefined {
  if (notificationEmail === '' && !notificationFilter) return undefined;
  return { notificationEmail, ...(notificationFilter && { notificationFilter }) };
}
