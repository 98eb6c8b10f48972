/** What decides a zone's SOA, NS and pools, in the words of the configuration file; what is absent has its default there. */
export interface ZoneSettings {
  /** TTL of SOA and NS, seconds. */
  readonly ttl?: number;
  readonly soa?: {
    readonly mname?: string;
    readonly rname?: string;
    readonly ttl?: number;
    readonly refresh?: number;
    readonly retry?: number;
    readonly expire?: number;
    readonly minimum?: number;
  };
  readonly ns: readonly { readonly name: string; readonly addresses?: readonly string[] }[];
  /** Where pools answer, relative to the zone; absent: nowhere. */
  readonly pools?: string;
  /** TTL of pools' answers, seconds. */
  readonly pool_ttl?: number;
}

/** What a zone may be called, without effect. */
export const ZONE_TYPES = ['full', 'partial', 'secondary', 'internal'] as const;

/** The highest value of `limits.zones_max`: every node serves as many zones of the API, besides those of its file. */
export const AUTHORED_ZONES_MAX = 3_000;

/** A zone made over the API, as authored. */
export interface AuthoredZone {
  /** 32 lower-case hex digits. */
  readonly id: string;
  /** In lower case, without the final dot. */
  readonly name: string;
  /** Kept and given back, without effect here. */
  readonly type: string;
  readonly paused: boolean;
  readonly vanityNameServers?: readonly string[];
  readonly settings: ZoneSettings;
  /** DNS settings of the reference that have no effect here, as they were written; absent: none was. */
  readonly dnsSettings?: Readonly<Record<string, unknown>>;
  /** RFC 3339, UTC, microseconds. */
  readonly createdOn: string;
  readonly modifiedOn: string;
}
