import { nearest } from '../../input/nearest.ts';
import type { Place } from '../../input/reader.ts';
import { list, type Reader, report, TextError, text } from '../../input/reader.ts';
import type { ListenAddress } from '../config.ts';
import { mailPassword } from '../notifications.ts';
import {
  directory,
  engine,
  LISTEN_ADDRESSES_MAX,
  listenAddress,
  logLevel,
  region,
  token,
  workers,
} from '../settings.ts';
import { redisUrl } from '../store/redis.ts';

/** An environment variable that overrides a key of the configuration file. */
export interface Variable<T> {
  /** What help says of it. */
  readonly describes: string;
  /** The default, in words, where neither the variable nor the key is set. */
  readonly fallback: string;
  readonly read: Reader<T>;
}

const listenAddresses: Reader<ListenAddress[]> = (value, place) =>
  list(
    listenAddress,
    1,
    LISTEN_ADDRESSES_MAX,
  )(
    String(value)
      .split(',')
      .map((each) => each.trim()),
    place,
  );

/** Converts digits to a number; leaves other text as it is, for the reader to refuse. */
function numberOf(value: unknown): unknown {
  return /^\d{1,9}$/.test(String(value)) ? Number(value) : value;
}

const filePath: Reader<string> = text((found) => {
  if (found.includes('\0')) throw new TextError('is not a file name');
  return found;
});

/** Every variable of Lifeguard. An empty one counts as unset; any other LIFEGUARD_* name is refused. */
export const ENVIRONMENT = {
  LIFEGUARD_CONFIG: {
    describes: 'configuration file',
    fallback:
      '/etc/lifeguard/lifeguard.yaml where it exists, otherwise the sample that comes with the program',
    read: filePath,
  },
  LIFEGUARD_DNS_LISTEN: {
    describes: 'addresses for DNS over UDP and TCP: address:port, comma-separated, IPv6 in brackets',
    fallback: '127.0.0.1:5300',
    read: listenAddresses,
  },
  LIFEGUARD_DNS_ENGINE: {
    describes: 'engine that answers UDP: batched (Linux), portable or auto',
    fallback: 'auto',
    read: engine,
  },
  LIFEGUARD_DNS_WORKERS: {
    describes: 'threads of the batched engine for each address',
    fallback: 'one per available core',
    read: (value, place) => workers(numberOf(value), place),
  },
  LIFEGUARD_API_LISTEN: {
    describes: 'address of the API',
    fallback: '127.0.0.1:5380',
    read: listenAddress,
  },
  LIFEGUARD_API_TOKEN: {
    describes: 'bearer token of the API',
    fallback: 'a random token, saved in the data directory',
    read: token,
  },
  LIFEGUARD_REDIS_URL: {
    describes: 'URL of the Redis store',
    fallback: 'the embedded store in the data directory',
    read: redisUrl,
  },
  LIFEGUARD_SMTP_PASSWORD: {
    describes: 'password for the mail server of notifications',
    fallback: 'the one in the configuration file, if any',
    read: mailPassword,
  },
  LIFEGUARD_DATA_DIR: {
    describes: 'data directory, seen from the current folder',
    fallback: './data',
    read: directory,
  },
  LIFEGUARD_REGION: { describes: 'region of this process', fallback: 'local', read: region },
  LIFEGUARD_LOG_LEVEL: {
    describes: 'log level: fatal, error, warn, info, debug, trace or silent',
    fallback: 'info',
    read: logLevel,
  },
} as const satisfies Record<string, Variable<unknown>>;

/** The name of a variable. */
export type EnvironmentVariable = keyof typeof ENVIRONMENT;

/** The value of each variable; undefined where it is not set. */
export type Environment = {
  readonly [K in keyof typeof ENVIRONMENT]: ReturnType<(typeof ENVIRONMENT)[K]['read']>;
};

/** Names the place of a variable for problems. */
export function variablePath(name: EnvironmentVariable): string {
  return `env ${name}`;
}

/** Returns true for variables that Kubernetes sets in every container for a Service named lifeguard or lifeguard-…. */
function isOfService(name: string, value: string | undefined): boolean {
  return (
    /^LIFEGUARD_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)$/.test(name) ||
    (/^LIFEGUARD_(\w+_)?PORT$/.test(name) && /^(tcp|udp|sctp):/.test(value ?? ''))
  );
}

/** Reads every known variable, and reports unknown LIFEGUARD_* names. */
export function readEnvironment(env: NodeJS.ProcessEnv, problems: Place['problems']): Environment {
  for (const [name, value] of Object.entries(env))
    if (name.startsWith('LIFEGUARD_') && !Object.hasOwn(ENVIRONMENT, name) && !isOfService(name, value))
      report(
        { path: `env ${name}`, problems },
        `is not a variable of Lifeguard${nearest(name, Object.keys(ENVIRONMENT))}`,
      );
  const read = Object.entries(ENVIRONMENT).map(([name, variable]) => {
    const found = env[name];
    return [name, found ? variable.read(found, { path: `env ${name}`, problems }) : undefined];
  });
  return Object.fromEntries(read) as Environment;
}
