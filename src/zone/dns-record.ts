/** A record made over the API, as stored. */
export interface DnsRecord {
  /** 32 lower-case hex digits. */
  readonly id: string;
  /** Name of its zone: lower case, no final dot. */
  readonly zoneName: string;
  /** Document of its zone; absent: a zone of the configuration file. */
  readonly zoneId?: string;
  /** Full owner in presentation form, case folded, no final dot; ASCII. */
  readonly name: string;
  /** Mnemonic, or TYPE and the number (RFC 3597 §5). */
  readonly type: string;
  /** The whole rdata in presentation form, as printRdata() prints it; its case is kept. */
  readonly content: string;
  /** Seconds; 1: AUTOMATIC_TTL_SECONDS. */
  readonly ttl: number;
  /** Echoed, without effect. */
  readonly proxied: boolean;
  readonly comment?: string;
  readonly tags: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
  /** RFC 3339, UTC, microseconds, as all times here. */
  readonly createdOn: string;
  readonly modifiedOn: string;
  readonly commentModifiedOn?: string;
  readonly tagsModifiedOn?: string;
}

/** A record with the revision that wrote it. */
export interface HeldRecord {
  readonly id: string;
  readonly revision: number;
  readonly value: DnsRecord;
}

/** The TTL of a record that leaves it to the server, as the reference has it. */
export const AUTOMATIC_TTL = 1;
/** Its value in answers, seconds. */
export const AUTOMATIC_TTL_SECONDS = 300;

/** Records of a zone at the most. */
export const RECORDS_OF_ZONE_MAX = 200_000;
/** Records of a name at the most, of all types. */
export const RECORDS_AT_NAME_MAX = 1_000;

/** Returns the TTL of a record in answers, seconds. */
export function ttlSecondsOf({ ttl }: Pick<DnsRecord, 'ttl'>): number {
  return ttl === AUTOMATIC_TTL ? AUTOMATIC_TTL_SECONDS : ttl;
}

/** Orders the records of a name: the older ones first, and of one time by identifier. Where two cannot be together, the first one stays. */
export function byAge(
  a: Pick<DnsRecord, 'createdOn' | 'id'>,
  b: Pick<DnsRecord, 'createdOn' | 'id'>,
): number {
  if (a.createdOn !== b.createdOn) return a.createdOn < b.createdOn ? -1 : 1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}
