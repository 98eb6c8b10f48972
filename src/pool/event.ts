/** A transition of an endpoint's health as one region sees it by one monitor. */
export interface HealthEvent {
  readonly kind: 'health';
  /** Pool id and name at the time. */
  readonly pool: string;
  readonly poolName: string;
  readonly endpoint: string;
  readonly address: string;
  /** Id of the monitor. */
  readonly monitor: string;
  readonly was: 'healthy' | 'unhealthy' | 'unknown';
  readonly now: 'healthy' | 'unhealthy';
  readonly reason: string;
  readonly region: string;
  readonly worker: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** A change of one configured object, and who made it. */
export interface AuditEvent {
  readonly kind: 'audit';
  /** Name of the token it was made with. */
  readonly token: string;
  /** HTTP method of the request. */
  readonly method: string;
  readonly object: {
    readonly kind: string;
    readonly id: string;
    /** Its name, or its description where it has none; absent: neither. */
    readonly name?: string;
  };
  /** The object as it was and as it is, secrets left out; null: there was none, or is none any more. */
  readonly before: unknown;
  readonly after: unknown;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** Stands in an audit event for an object that is too long to be kept in it. */
export interface LeftOut {
  readonly leftOut: true;
  /** Characters of the object as JSON. */
  readonly length: number;
}
