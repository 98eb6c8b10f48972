import { isIP } from 'node:net';
import type { Problem } from '../input/problem.ts';
import {
  flag,
  integer,
  keyIn,
  list,
  type Mapping,
  mapping,
  oneOf,
  optional,
  type Reader,
  report,
  required,
  secretText,
  section,
  TextError,
  text,
} from '../input/reader.ts';
import { parseAddress } from '../pool/address.ts';
import { isMailbox } from '../pool/mailbox.ts';
import { isLoopback } from './listen-address.ts';
import {
  type DestinationFilter,
  EVENT_SOURCES,
  MAIL_SECURITIES,
  type MailSecurity,
  type MailServer,
  NEW_HEALTHS,
  type Notifications,
  type Webhook,
} from './notified.ts';

/** Webhooks that may be configured. */
export const WEBHOOKS_MAX = 32;
/** Characters of a webhook's URL. */
export const WEBHOOK_URL_MAX = 2_048;
/** Characters of a webhook's secret, and of a mail server's user name and password. */
export const SECRET_MAX = 512;
/** Pools that a destination may be narrowed to. */
export const FILTER_POOLS_MAX = 1_000;
/** Mail addresses that get every notification. */
export const MAIL_TO_MAX = 32;

const PORTS = { starttls: 587, tls: 465, none: 25 } as const satisfies Record<MailSecurity, number>;

const webhookName = text((found) => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(found))
    throw new TextError('must be 1 to 64 letters, digits and any of . _ -, a letter or digit first');
  return found;
});

const webhookUrl = secretText((found) => {
  const url = URL.canParse(found) ? new URL(found) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new TextError('must be a URL of https, or of http');
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw new TextError('must have neither user, password nor fragment');
  if (found.length > WEBHOOK_URL_MAX)
    throw new TextError(`has ${found.length} characters; ${WEBHOOK_URL_MAX} at most`);
  return url.href;
});

/** A field value (RFC 9110 §5.5) without spaces. */
const secret = secretText((found) => {
  if (!/^[\x21-\x7e]+$/.test(found)) throw new TextError('must be printable ASCII without spaces');
  return bounded(found);
});

const login = secretText((found) => {
  if (found === '' || /\p{Cc}/u.test(found)) throw new TextError('must be text without control characters');
  return bounded(found);
});

function bounded(found: string): string {
  if (found.length > SECRET_MAX) throw new TextError(`has ${found.length} characters; ${SECRET_MAX} at most`);
  return found;
}

const poolId = text((found) => {
  if (!/^[0-9a-f]{32}$/.test(found)) throw new TextError('is not the id of a pool: 32 lower-case hex digits');
  return found;
});

const host = text((found) => {
  if (parseAddress(found).kind === 'refused') throw new TextError('is neither a host name nor an IP address');
  return found;
});

const mailbox = text((found) => {
  if (!isMailbox(found)) throw new TextError('is not a mail address');
  return found;
});

const filterFields = {
  pool_id: optional(list(poolId, 1, FILTER_POOLS_MAX)),
  new_health: optional(list(oneOf(NEW_HEALTHS), 1, NEW_HEALTHS.length)),
  event_source: optional(list(oneOf(EVENT_SOURCES), 1, EVENT_SOURCES.length)),
};

function filterOf(found: Mapping<typeof filterFields>): DestinationFilter {
  const { pool_id, new_health, event_source } = found;
  return {
    ...(pool_id && { poolIds: pool_id }),
    ...(new_health && { newHealth: new_health }),
    ...(event_source && { eventSource: event_source }),
  };
}

const readWebhook = mapping({
  name: required(webhookName),
  url: required(webhookUrl),
  secret: optional(secret),
  insecure: optional(flag, false),
  ...filterFields,
});

const webhook: Reader<Webhook> = (value, place) => {
  const found = readWebhook(value, place);
  if (found === undefined) return undefined;
  const { name, url, insecure } = found;
  if (url !== undefined && insecure === false && isBareAndFar(url))
    return report(
      keyIn(place, 'url'),
      'sends what it says, the secret too, unencrypted to another machine; use https, or set insecure: true',
    );
  if (name === undefined || url === undefined) return undefined;
  return { name, url, ...(found.secret && { secret: found.secret }), filter: filterOf(found) };
};

function isBareAndFar(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isThisMachine(hostname.replace(/^\[(.*)\]$/, '$1'));
}

function isThisMachine(host: string): boolean {
  return isIP(host) === 0 ? host === 'localhost' : isLoopback(host);
}

const readWebhooks = list(webhook, 0, WEBHOOKS_MAX);
const webhooks: Reader<Webhook[]> = (value, place) => {
  const found = readWebhooks(value, place);
  const seen = new Set<string>();
  for (const { name } of found ?? []) {
    if (seen.has(name)) report(place, `has "${name}" twice; each needs a name of its own`);
    seen.add(name);
  }
  return found;
};

const readSmtp = mapping({
  host: required(host),
  port: optional(integer(1, 65_535)),
  security: optional(oneOf(MAIL_SECURITIES), 'starttls' as const),
  username: optional(login),
  password: optional(login),
  from: required(mailbox),
  to: optional(list(mailbox, 0, MAIL_TO_MAX), []),
  ...filterFields,
});

/** What the file says of a mail server; who logs in there is known only with the environment. */
interface FoundMail {
  /** Absent: something of it is wrong. */
  readonly server?: Omit<MailServer, 'login'>;
  readonly username?: string;
  readonly password?: string;
  /** Whether the keys are there, right or wrong; absent: it is no mapping. */
  readonly has?: { readonly username: boolean; readonly password: boolean };
}

const smtp: Reader<FoundMail> = (value, place) => {
  const found = readSmtp(value, place);
  if (found === undefined) return {};
  const { host, security, username, password, from, to } = found;
  const has = {
    username: Object.hasOwn(value as object, 'username'),
    password: Object.hasOwn(value as object, 'password'),
  };
  const isWhole = host && security && from && to;
  return {
    ...(isWhole && {
      server: { host, port: found.port ?? PORTS[security], security, from, to, filter: filterOf(found) },
    }),
    ...(username && { username }),
    ...(password && { password }),
    has,
  };
};

const fields = { webhooks: optional(webhooks, []), smtp: optional(smtp) };

/** The section `notifications` of the file. */
export const notifications = section(fields);

/** The password of the mail server, where the environment has it. */
export const mailPassword = login;

/** What is wrong with the login to the mail server, with the password that the environment has, if any, and its path. */
export function loginProblems(
  { smtp: mail }: Mapping<typeof fields>,
  password: string | undefined,
  passwordPath: string,
): Problem[] {
  const place = 'notifications.smtp';
  if (mail === undefined)
    return password === undefined
      ? []
      : [{ path: passwordPath, message: `is the password of no mail server: there is no ${place}` }];
  const { server, has } = mail;
  if (has === undefined) return [];
  const hasPassword = has.password || password !== undefined;
  if (has.username !== hasPassword)
    return [
      { path: `${place}.${hasPassword ? 'username' : 'password'}`, message: 'is missing beside the other' },
    ];
  if (hasPassword && server?.security === 'none' && !isThisMachine(server.host))
    return [
      {
        path: `${place}.security`,
        message: 'none would send the password unencrypted to another machine',
      },
    ];
  return [];
}

/** What the section says, with the password of the environment over its own; only for one without problems. */
export function notificationsOf(found: Mapping<typeof fields>, over: string | undefined): Notifications {
  const { webhooks: all, smtp: mail } = found;
  if (mail?.server === undefined) return { webhooks: all! };
  const { server, username: user } = mail;
  const password = over ?? mail.password;
  return { webhooks: all!, mail: { ...server, ...(user && password && { login: { user, password } }) } };
}
