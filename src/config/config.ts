import type { TargetRules } from '../check/targets.ts';
import type { WireName } from '../dns/name.ts';
import type { Network } from '../place/locator.ts';
import type { Place } from '../place/place.ts';
import type { Limits } from '../pool/limits.ts';
import type { ConfiguredToken } from '../pool/token.ts';
import type { ReferenceTarget } from '../voting/abstaining.ts';
import type { Zone } from '../zone/zone.ts';
import type { HealthPolicy } from './health.ts';
import type { Notifications } from './notified.ts';
import type { Prefix } from './prefix.ts';

/** The address on which a socket listens. */
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

/** How Redis is reached, and when a change there is acknowledged. */
export interface RedisSettings {
  readonly tls: {
    /** PEM file of the authorities; absent: those of the system. */
    readonly ca?: string;
    /** The certificate to show; absent: none. */
    readonly certificate?: CertificateFiles;
    /** The name in the certificate of Redis; absent: the host of the URL, or the one that sentinels or nodes name. */
    readonly serverName?: string;
  };
  /** The login at the sentinels. */
  readonly sentinel: { readonly username?: string; readonly password?: string };
  /** Replicas that must have a change before it is acknowledged. */
  readonly waitReplicas: number;
  /** Time limit for them. */
  readonly waitTimeoutMs: number;
}

/** Where places of clients come from. */
export interface Geo {
  /** Database files, an earlier one before a later one; absent: the embedded one. */
  readonly databases?: readonly string[];
  /** Networks whose place counts before the databases. */
  readonly networks: readonly Network[];
}

/** Where this node is. */
export interface Location {
  /** Nothing is known of it where the configuration says nothing. */
  readonly place: Place;
  /** Name of the site; absent: it has none. */
  readonly pop?: string;
}

/** The validated configuration of a process: the file, overridden by the environment, with defaults. */
export interface Config {
  readonly dns: {
    /** UDP and TCP alike. */
    readonly listen: readonly ListenAddress[];
    /** The engine that answers UDP: batched (Linux) or portable; `auto`: batched where it can run. */
    readonly engine: 'auto' | 'batched' | 'portable';
    /** Threads of the batched engine for each address. */
    readonly workers: number;
    /** Maximum octets of an answer by UDP. */
    readonly udpOctetsMax: number;
    /** Addresses of a family that an answer of a pool has at the most, where the pool does not say. */
    readonly answerAddressesMax: number;
    /** Answers about the server itself: NSID and `id.server`, `version.bind`. Absent: none. */
    readonly identity?: string;
    readonly version?: string;
    /** Secrets of DNS cookies: the first creates cookies, all verify them; none: a random one for each start. */
    readonly cookieSecrets: readonly Uint8Array[];
    /** Response rate limiting; absent: none. */
    readonly rateLimit?: {
      readonly isDryRun: boolean;
      readonly perSecond: number;
      /** Absent: no limit. */
      readonly allPerSecond?: number;
      readonly windowSeconds: number;
      readonly slip: number;
      readonly ipv4Bits: number;
      readonly ipv6Bits: number;
      /** Prefixes that are never limited. */
      readonly exempt: readonly { readonly octets: Uint8Array; readonly bits: number }[];
    };
    /** A log of some of the queries; absent: none. */
    readonly queryLog?: {
      /** The share of all queries that is copied, above 0 and up to 1. */
      readonly share: number;
      /** The file that lines are added to; absent: none. */
      readonly file?: string;
      /** The unix socket of a receiver of dnstap; absent: none. */
      readonly dnstap?: string;
      /** Only queries for names at or below these are written; none: all. */
      readonly zones: readonly WireName[];
    };
    /** Limits of all listeners for streams: TCP, TLS and HTTPS. */
    readonly tcp: {
      readonly connectionsMax: number;
      /** Of one IPv4 address or IPv6 /64. */
      readonly connectionsPerClientMax: number;
      readonly idleTimeoutMs: number;
      /** Time limit for a client to complete a query or to receive an answer. */
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
    /** Prefixes that must begin queries by UDP, and connections by TCP, TLS or HTTPS, with a PROXY protocol header; no others may. */
    readonly proxyProtocolFrom: readonly Prefix[];
  };
  readonly api: {
    readonly listen: ListenAddress;
    /** Bearer token; absent: a random one, saved in the data directory. */
    readonly token?: string;
    /** Further tokens, by the hashes of their secrets. */
    readonly tokens: readonly ConfiguredToken[];
    /** The only account id that paths may have; absent: any. */
    readonly accountId?: string;
    /** The certificate of HTTPS; absent: plain HTTP. */
    readonly tls?: CertificateFiles;
    /** Allows an unencrypted `listen` that other machines can reach, although the token is readable on the way. */
    readonly insecure: boolean;
    /** Whether `GET /metrics` needs no token. */
    readonly metricsPublic: boolean;
    /** Prefixes of proxies whose `X-Forwarded-For` has the address of the client. */
    readonly trustedProxies: readonly string[];
  };
  readonly dashboard: {
    /** Whether `/` at the address of the API is the dashboard. */
    readonly enabled: boolean;
  };
  readonly store: {
    /** Absent: the embedded store, a file in the data directory. */
    readonly redisUrl?: string;
    /** Prefix of every Redis key, inside the hash tag. */
    readonly redisPrefix: string;
    readonly redis: RedisSettings;
  };
  readonly dataDir: string;
  /** The region of this process. */
  readonly region: string;
  /** Where this node is. */
  readonly location: Location;
  /** Where places of clients come from. */
  readonly geo: Geo;
  readonly log: {
    readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
    /** JSON lines, or text for people; `auto`: text where standard error is a terminal. */
    readonly format: 'auto' | 'json' | 'text';
  };
  readonly zones: readonly Zone[];
  readonly health: HealthPolicy;
  readonly notifications: Notifications;
  /** Maximum numbers of stored objects. */
  readonly limits: Limits;
  /** Addresses that checks, webhooks and mail may use, and those that they may not. */
  readonly targets: TargetRules;
  readonly monitor: {
    /** Bounds for a monitor's interval. */
    readonly intervalMinSeconds: number;
    readonly intervalMaxSeconds: number;
    /** Number of workers of a region that run each check. */
    readonly probersPerRegion: number;
    readonly probesInFlightMax: number;
    /** Of these, to one address. */
    readonly probesPerTargetMax: number;
    /** Octets of a response body that are searched for the expected body. */
    readonly bodyOctetsMax: number;
    /** Milliseconds for which the last known addresses of a host name are probed while DNS fails. */
    readonly addressesKeptMs: number;
    /** Octets of the status line and header fields of an HTTP response. */
    readonly headerOctetsMax: number;
    /** Days before the end of a checked certificate from which the log warns; 0: never. */
    readonly certificateWarningDays: number;
    /** Files that monitors may use, by name. */
    readonly authorities: readonly AuthorityFile[];
    readonly clientCertificates: readonly ClientCertificateFiles[];
    /** While a worker reaches less than half of these, it abstains from voting; none: it never abstains. */
    readonly references: readonly ReferenceTarget[];
    /** Address of the metrics of a `monitor` process, without a token and unencrypted; absent: none. */
    readonly metricsListen?: ListenAddress;
  };
}
