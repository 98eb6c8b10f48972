/** The lowest versions of TLS that a monitor may ask for. */
export const TLS_VERSIONS = ['1.0', '1.1', '1.2', '1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/**
 * TLS settings of a monitor (https, grpcs, smtp), beyond the reference API. Files are named only by the names that the
 * configuration gives them, so that the API cannot make Lifeguard read any other file.
 */
export interface MonitorTls {
  /** Name of the only trusted authorities; absent or null: the runtime's. */
  readonly authority?: string | null;
  /** Name of the certificate to show to an endpoint that asks for one; absent or null: none. */
  readonly clientCertificate?: string | null;
  /** SNI, and the name that the certificate must have; absent or null: that of `Host`, or the address. */
  readonly serverName?: string | null;
  /** Absent or null: the runtime's, which is 1.2. */
  readonly minVersion?: TlsVersion | null;
  /** Of smtp: ask for TLS by STARTTLS (RFC 3207). */
  readonly starttls?: boolean | null;
}

/** The names that the configuration gives to files. */
export interface TlsFileNames {
  readonly authorities: readonly string[];
  readonly clientCertificates: readonly string[];
}
