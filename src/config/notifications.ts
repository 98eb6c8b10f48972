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
  type Sound,
  secretText,
  section,
  shapedAs,
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

/** Maximum number of webhooks. */
export const WEBHOOKS_MAX = 32;
/** Maximum characters of the URL of a webhook. */
export const WEBHOOK_URL_MAX = 2_048;
/** Maximum characters of the secret of a webhook, and of the user name and password for a mail server. */
export const SECRET_MAX = 512;
/** Maximum number of pools in the filter of a destination. */
export const FILTER_POOLS_MAX = 1_000;
/** Maximum number of mail addresses that get every notification. */
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
    throw new TextError('must be an https or http URL');
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw new TextError('must not have a user, a password or a fragment');
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
  if (!/^[0-9a-f]{32}$/.test(found))
    throw new TextError('is not the identifier of a pool: 32 lower-case hexadecimal digits');
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

const webhook: Reader<Webhook> = shapedAs(readWebhook, (value, place) => {
  const found = readWebhook(value, place);
  if (found === undefined) return undefined;
  const { name, url, insecure } = found;
  if (url !== undefined && insecure === false && isBareAndFar(url))
    return report(
      keyIn(place, 'url'),
      'would send notifications and the secret unencrypted to another machine; use https, or set insecure: true',
    );
  if (name === undefined || url === undefined) return undefined;
  return { name, url, ...(found.secret && { secret: found.secret }), filter: filterOf(found) };
});

function isBareAndFar(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !isThisMachine(hostname.replace(/^\[(.*)\]$/, '$1'));
}

function isThisMachine(host: string): boolean {
  return isIP(host) === 0 ? host === 'localhost' : isLoopback(host);
}

const readWebhooks = list(webhook, 0, WEBHOOKS_MAX);
const webhooks: Reader<Webhook[]> = shapedAs(readWebhooks, (value, place) => {
  const found = readWebhooks(value, place);
  const seen = new Set<string>();
  for (const { name } of found ?? []) {
    if (seen.has(name)) report(place, `has the name "${name}" twice; each webhook needs its own name`);
    seen.add(name);
  }
  return found;
});

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

/** The mail server in the file; its login is known only together with the environment. */
interface FoundMail {
  /** Absent: a key is wrong. */
  readonly server?: Omit<MailServer, 'login'>;
  readonly username?: string;
  readonly password?: string;
  /** Which keys are present, right or wrong; absent: it is not a mapping. */
  readonly has?: { readonly username: boolean; readonly password: boolean };
}

const smtp: Reader<FoundMail> = shapedAs(readSmtp, (value, place) => {
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
});

const fields = { webhooks: optional(webhooks, []), smtp: optional(smtp) };

/** Reads the section `notifications`. */
export const notifications = section(fields);

/** Reads the password for the mail server from the environment. */
export const mailPassword = login;

/** Finds problems of the login to the mail server. `password` is the one of the environment, if any. */
export function loginProblems(
  { smtp: mail }: Mapping<typeof fields>,
  password: string | undefined,
  passwordPath: string,
): Problem[] {
  const place = 'notifications.smtp';
  if (mail === undefined)
    return password === undefined
      ? []
      : [{ path: passwordPath, message: `has no use: there is no mail server (${place})` }];
  const { server, has } = mail;
  if (has === undefined) return [];
  const hasPassword = has.password || password !== undefined;
  if (has.username !== hasPassword)
    return [
      {
        path: `${place}.${hasPassword ? 'username' : 'password'}`,
        message: 'is missing; a login needs username and password',
      },
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

/** Makes the notifications of a section without problems. A password of the environment overrides its own. */
export function notificationsOf(
  found: Sound<Mapping<typeof fields>>,
  over: string | undefined,
): Notifications {
  const { webhooks: all, smtp: mail } = found;
  if (mail?.server === undefined) return { webhooks: all };
  const { server, username: user } = mail;
  const password = over ?? mail.password;
  return { webhooks: all, mail: { ...server, ...(user && password && { login: { user, password } }) } };
}
