import type { TargetRules } from '../check/targets.ts';
import type { Limits } from '../pool/limits.ts';
import type { ConfiguredToken } from '../pool/token.ts';
import type { ReferenceTarget } from '../voting/abstaining.ts';
import type { Zone } from '../zone/zone.ts';
import type { HealthPolicy } from './health.ts';
import type { Notifications } from './notified.ts';
import type { Prefix } from './prefix.ts';

/** Where a socket listens. */
export interface ListenAddress {
  /** IPv4 or IPv6 address, without brackets. */
  readonly address: string;
  /** 0 to 65535; 0: any free port. */
  readonly port: number;
}

/** A certificate with its chain, and its private key, as PEM files; relative ones start from the working directory. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Authorities under a name: a PEM file with one certificate or more. */
export interface AuthorityFile {
  readonly name: string;
  readonly file: string;
}

/** A client certificate under a name, with its chain, and its key. */
export interface ClientCertificateFiles {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
}

/** Process configuration: the file with the environment over it, defaults filled in, validated. */
export interface Config {
  readonly dns: {
    /** UDP and TCP alike. */
    readonly listen: readonly ListenAddress[];
    /** What answers UDP: the batched engine (Linux) or the portable one; `auto`: the batched one where it runs. */
    readonly engine: 'auto' | 'batched' | 'portable';
    /** Threads of the batched engine. */
    readonly workers: number;
    /** The most octets of an answer by UDP. */
    readonly udpOctetsMax: number;
    /** What the server says of itself: NSID, `id.server`, `version.bind`. Absent: nothing. */
    readonly identity?: string;
    readonly version?: string;
    /** Secrets of DNS cookies, the first makes them; none: a random one for each start. */
    readonly cookieSecrets: readonly Uint8Array[];
    /** Response rate limiting; absent: none. */
    readonly rateLimit?: {
      readonly isDryRun: boolean;
      readonly perSecond: number;
      /** Absent: any number. */
      readonly allPerSecond?: number;
      readonly windowSeconds: number;
      readonly slip: number;
      readonly ipv4Bits: number;
      readonly ipv6Bits: number;
      /** Who is never limited. */
      readonly exempt: readonly { readonly octets: Uint8Array; readonly bits: number }[];
    };
    /** Limits of all stream listeners: TCP, TLS and HTTPS. */
    readonly tcp: {
      readonly connectionsMax: number;
      /** Of one IPv4 address or IPv6 /64. */
      readonly connectionsPerClientMax: number;
      readonly idleTimeoutMs: number;
      /** How long a client may take to send what it began, and to take its answers. */
      readonly transferTimeoutMs: number;
    };
    /** DNS over TLS; absent: none. */
    readonly tls?: CertificateFiles & { readonly listen: readonly ListenAddress[] };
    /** DNS over HTTPS; absent: none. */
    readonly https?: {
      readonly listen: readonly ListenAddress[];
      readonly path: string;
      /** Absent: HTTP without TLS; `listen` is on loopback then. */
      readonly certificate?: CertificateFiles;
    };
    /** Who must, and alone may, begin a query by UDP, and a connection by TCP, TLS or HTTPS, with a PROXY protocol header. */
    readonly proxyProtocolFrom: readonly Prefix[];
  };
  readonly api: {
    readonly listen: ListenAddress;
    /** Bearer token; absent: a random one is made and kept in the data directory. */
    readonly token?: string;
    /** Further tokens, by the hashes of their secrets. */
    readonly tokens: readonly ConfiguredToken[];
    /** The account id the account form of paths is served under; any id is accepted when absent. */
    readonly accountId?: string;
    /** What it is encrypted with; absent: plain HTTP. */
    readonly tls?: CertificateFiles;
    /** Whether `listen` may be an address other machines reach, although what goes there, the token too, is not encrypted. */
    readonly insecure: boolean;
    /** Whether `GET /metrics` needs no token. */
    readonly metricsPublic: boolean;
    /** Prefixes of proxies whose `X-Forwarded-For` says who a client is. */
    readonly trustedProxies: readonly string[];
  };
  readonly store: {
    /** Absent: the embedded store, a file in the data directory. */
    readonly redisUrl?: string;
    /** Prefix of every Redis key, inside the hash tag. */
    readonly redisPrefix: string;
  };
  readonly dataDir: string;
  /** This process's vantage label. */
  readonly region: string;
  readonly log: { readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent' };
  readonly zones: readonly Zone[];
  readonly health: HealthPolicy;
  readonly notifications: Notifications;
  /** How much may be stored. */
  readonly limits: Limits;
  /** Where checks and webhooks may go, beside what is denied by default. */
  readonly targets: TargetRules;
  readonly monitor: {
    /** Bounds for a monitor's interval. */
    readonly intervalMinSeconds: number;
    readonly intervalMaxSeconds: number;
    /** Workers of a region that run each check. */
    readonly probersPerRegion: number;
    readonly probesInFlightMax: number;
    /** Of these, at one address. */
    readonly probesPerTargetMax: number;
    /** Octets of a response body that are searched for the expected text. */
    readonly bodyOctetsMax: number;
    /** How long the last known addresses of a host name are probed while no DNS server tells them, milliseconds. */
    readonly addressesKeptMs: number;
    /** Octets of the status line and header fields of an HTTP response. */
    readonly headerOctetsMax: number;
    /** Days before its end from which a certificate that a check saw is warned of; 0: never. */
    readonly certificateWarningDays: number;
    /** Files that monitors may name, by the names that they have here. */
    readonly authorities: readonly AuthorityFile[];
    readonly clientCertificates: readonly ClientCertificateFiles[];
    /** While a worker reaches less than half of these, its results do not count; none: they always do. */
    readonly references: readonly ReferenceTarget[];
    /** Where a process that only monitors serves its metrics, without token and unencrypted; absent: nowhere. */
    readonly metricsListen?: ListenAddress;
  };
}
