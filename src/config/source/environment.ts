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
  redisUrl,
  region,
  token,
  workers,
} from '../settings.ts';

/** An environment variable that overrides the file. */
export interface Variable<T> {
  readonly describes: string;
  /** What stands when neither the variable nor the file's key is set, in words. */
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

/** A variable's text as the number it spells; any other text as it is, for the reader to refuse. */
function numberOf(value: unknown): unknown {
  return /^\d{1,9}$/.test(String(value)) ? Number(value) : value;
}

const filePath: Reader<string> = text((found) => {
  if (found.includes('\0')) throw new TextError('is not a file name');
  return found;
});

/** Every variable Lifeguard knows. An empty one counts as unset; any other LIFEGUARD_* name is refused. */
export const ENVIRONMENT = {
  LIFEGUARD_CONFIG: {
    describes: 'configuration file',
    fallback: 'config/lifeguard.yaml of the project',
    read: filePath,
  },
  LIFEGUARD_DNS_LISTEN: {
    describes: 'addresses for DNS over UDP and TCP: address:port, comma-separated, IPv6 in brackets',
    fallback: '127.0.0.1:5300',
    read: listenAddresses,
  },
  LIFEGUARD_DNS_ENGINE: {
    describes: 'what answers UDP: batched (Linux), portable, or auto',
    fallback: 'auto',
    read: engine,
  },
  LIFEGUARD_DNS_WORKERS: {
    describes: 'threads that answer UDP at each address, with the batched engine',
    fallback: 'the cores available',
    read: (value, place) => workers(numberOf(value), place),
  },
  LIFEGUARD_API_LISTEN: {
    describes: 'address for the admin API',
    fallback: '127.0.0.1:5380',
    read: listenAddress,
  },
  LIFEGUARD_API_TOKEN: {
    describes: 'bearer token of the admin API',
    fallback: 'a random one, kept in the data directory',
    read: token,
  },
  LIFEGUARD_REDIS_URL: {
    describes: 'URL of the Redis store',
    fallback: 'the embedded store in the data directory',
    read: redisUrl,
  },
  LIFEGUARD_SMTP_PASSWORD: {
    describes: 'password of the mail server for notifications',
    fallback: 'the one of the file, if any',
    read: mailPassword,
  },
  LIFEGUARD_DATA_DIR: { describes: 'data directory', fallback: './data', read: directory },
  LIFEGUARD_REGION: { describes: 'vantage label of this process', fallback: 'local', read: region },
  LIFEGUARD_LOG_LEVEL: {
    describes: 'fatal, error, warn, info, debug, trace or silent',
    fallback: 'info',
    read: logLevel,
  },
} as const satisfies Record<string, Variable<unknown>>;

/** What the environment says: undefined where it says nothing. */
export type Environment = {
  readonly [K in keyof typeof ENVIRONMENT]: ReturnType<(typeof ENVIRONMENT)[K]['read']>;
};

/** The place of a variable, for problems. */
export function variablePath(name: keyof typeof ENVIRONMENT): string {
  return `env ${name}`;
}

/** What Kubernetes sets in every container for a Service that is called lifeguard, or lifeguard- and more. */
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
        `is not a variable${nearest(name, Object.keys(ENVIRONMENT))}`,
      );
  const read = Object.entries(ENVIRONMENT).map(([name, variable]) => {
    const found = env[name];
    return [name, found ? variable.read(found, { path: `env ${name}`, problems }) : undefined];
  });
  return Object.fromEntries(read) as Environment;
}
