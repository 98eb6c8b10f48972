import type { ListenAddress } from '../../config/config.ts';

/**
 * The layout of the messages between a server and the one that replaces it. A server of the next version understands this one and
 * the one before, so that it can replace a server of the version before.
 */
export const LAYOUT = 1;
export const LAYOUT_MIN = 1;

/** Where a server listens, in the order of its configuration, with the ports that it chose where 0 is configured. */
export interface Listening {
  readonly dns: readonly ListenAddress[];
  readonly tls: readonly ListenAddress[];
  readonly https: readonly ListenAddress[];
  readonly api: ListenAddress;
}

/** What the two servers say to each other, in this order. `pid`: the process of the server that says it. */
export type Message =
  /** New: wants to replace the server. `receiver`: the name of the socket at which it receives file descriptors. */
  | {
      readonly kind: 'hello';
      readonly layout: number;
      readonly version: string;
      readonly pid: number;
      readonly receiver: string;
    }
  /** Old: has passed so many sockets in a message to the receiver. */
  | { readonly kind: 'passed'; readonly count: number }
  /** New: has received them. */
  | { readonly kind: 'received' }
  /** Old: has passed all sockets. */
  | {
      readonly kind: 'welcome';
      readonly layout: number;
      readonly version: string;
      readonly pid: number;
      readonly listening: Listening;
      /** The secrets of its cookies, in hexadecimal. */
      readonly cookieSecrets: readonly string[];
    }
  /** New: has read all that it needs; asks for the data directory. */
  | { readonly kind: 'take' }
  /** Old: writes nothing more, and goes on answering DNS. */
  | { readonly kind: 'released' }
  /** New: answers. `succeeds`: also, at ANSWERS_NAME of the meeting place, what comes on connections of the old one. */
  | { readonly kind: 'answering'; readonly succeeds?: boolean }
  /** Old: drains, and ends. */
  | { readonly kind: 'yours' }
  /** Old, at any time: goes on as before. */
  | { readonly kind: 'refused'; readonly why: string };

/** The name of a receiver has no path in it. */
const RECEIVER = /^receiver-\d{1,10}$/;
const SECRET = /^([0-9a-f]{2})+$/;

/** Parses one line. undefined: it is no message of this layout. Fields that it does not know are of a later layout, and ignored. */
export function parseMessage(line: string): Message | undefined {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch {
    return undefined;
  }
  return typeof found === 'object' && found !== null && isMessage(found as Fields)
    ? (found as Message)
    : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function isMessage(fields: Fields): boolean {
  switch (fields.kind) {
    case 'hello':
      return isSelfDescribed(fields) && typeof fields.receiver === 'string' && RECEIVER.test(fields.receiver);
    case 'welcome':
      return (
        isSelfDescribed(fields) &&
        isListening(fields.listening) &&
        isListOf(fields.cookieSecrets, (each) => typeof each === 'string' && SECRET.test(each))
      );
    case 'passed':
      return Number.isInteger(fields.count);
    case 'refused':
      return typeof fields.why === 'string';
    case 'answering':
      return fields.succeeds === undefined || typeof fields.succeeds === 'boolean';
    case 'received':
    case 'take':
    case 'released':
    case 'yours':
      return true;
  }
  return false;
}

function isSelfDescribed({ layout, version, pid }: Fields): boolean {
  return Number.isInteger(layout) && typeof version === 'string' && Number.isInteger(pid);
}

function isListening(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { dns, tls, https, api } = value as Fields;
  return [dns, tls, https, [api]].every((list) => isListOf(list, isAddress));
}

function isAddress(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { address, port } = value as Fields;
  return typeof address === 'string' && Number.isInteger(port);
}

function isListOf(value: unknown, is: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}
