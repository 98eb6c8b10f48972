import { availableParallelism } from 'node:os';
import { integer, oneOf, type Reader, secretText, TextError, text } from '../input/reader.ts';
import { REGION_CODES } from '../place/regions.ts';
import type { Config, ListenAddress } from './config.ts';
import { parseListenAddress } from './listen-address.ts';

/** Maximum number of addresses for DNS. */
export const LISTEN_ADDRESSES_MAX = 64;
/** Minimum and maximum characters of a token; the minimum makes guessing impossible. */
export const TOKEN_MIN = 16;
export const TOKEN_MAX = 512;
/** Maximum characters of a region. */
export const REGION_MAX = 63;

/** Highest number of threads of the batched engine for each address. */
export const WORKERS_MAX = 256;

/** Defaults of settings that the environment may override. ENVIRONMENT gives each in words. */
export const DEFAULTS = {
  dnsListen: [{ address: '127.0.0.1', port: 5300 }],
  apiListen: { address: '127.0.0.1', port: 5380 },
  dataDir: './data',
  region: 'local',
  logLevel: 'info',
  engine: 'auto',
  workers: availableParallelism(),
} as const satisfies Record<string, unknown>;

/** Reads `192.0.2.1:53` or `[2001:db8::1]:53`. */
export const listenAddress: Reader<ListenAddress> = text(parseListenAddress);

/** Reads the bearer token of the API: printable ASCII without spaces, so that it fits a header field (RFC 6750 §2.1). */
export const token: Reader<string> = secretText((found) => {
  if (!/^[\x21-\x7e]+$/.test(found)) throw new TextError('must be printable ASCII without spaces');
  if (found.length < TOKEN_MIN || found.length > TOKEN_MAX)
    throw new TextError(`has ${found.length} characters; must have ${TOKEN_MIN} to ${TOKEN_MAX}`);
  return found;
});

/** Reads a directory; a relative one starts from the working directory. */
export const directory: Reader<string> = text((found) => {
  if (found === '' || found.includes('\0')) throw new TextError('is not a directory name');
  return found;
});

/** Reads a region. One that is a region code of the API, in any case, becomes upper case. */
export const region: Reader<string> = text((found) => {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(found))
    throw new TextError('must be letters, digits, hyphens and underscores, a letter or digit first');
  if (found.length > REGION_MAX) throw new TextError(`has ${found.length} characters; ${REGION_MAX} at most`);
  return REGION_CODES.find((code) => code === found.toUpperCase()) ?? found;
});

/** Reads the engine that answers UDP. */
export const engine: Reader<Config['dns']['engine']> = oneOf(['auto', 'batched', 'portable']);

/** Reads the number of threads that answer UDP at each address. */
export const workers: Reader<number> = integer(1, WORKERS_MAX);

/** Reads a short text about the server. An answer with it and all EDNS options fits 512 octets. */
export const selfText: Reader<string> = text((found) => {
  if (!/^[\x20-\x7e]{1,63}$/.test(found)) throw new TextError('must be 1 to 63 printable ASCII characters');
  return found;
});

/** Reads a secret of DNS cookies (RFC 9018 §4.5), which is never shown. */
export const cookieSecret: Reader<Uint8Array> = secretText((found) => {
  if (!/^[0-9a-f]{32}$/i.test(found))
    throw new TextError('must be 32 hexadecimal digits, such as the output of "openssl rand -hex 16"');
  return Uint8Array.from(Buffer.from(found, 'hex'));
});

/** Reads the lowest level that is logged. */
export const logLevel: Reader<Config['log']['level']> = oneOf([
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
  'silent',
]);
