import {
  flag,
  keyIn,
  list,
  mapping,
  optional,
  type Place,
  type Reader,
  report,
  required,
  shapedAs,
  TextError,
  text,
} from '../input/reader.ts';
import type { CertificateFiles, Config } from './config.ts';
import { formatListenAddress, isLoopback } from './listen-address.ts';
import { LISTEN_ADDRESSES_MAX, listenAddress } from './settings.ts';

/** Maximum characters of a path. */
export const HTTPS_PATH_MAX = 256;

const listen = list(listenAddress, 1, LISTEN_ADDRESSES_MAX);

/** Reads the name of a file. */
export const file: Reader<string> = text((found) => {
  if (found === '' || found.includes('\0')) throw new TextError('is not a file name');
  return found;
});

/** Reads a path exactly as clients send it: nothing in it needs decoding or resolution (RFC 3986 §3.3). */
const path: Reader<string> = text((found) => {
  if (!/^(\/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+\/?$|^\/$/.test(found) || /\/\.\.?(\/|$)/.test(found))
    throw new TextError('must be a path such as /dns-query, without query');
  if (found.length > HTTPS_PATH_MAX)
    throw new TextError(`has ${found.length} characters; ${HTTPS_PATH_MAX} at most`);
  return found;
});

const readCertificate = mapping({ cert: required(file), key: required(file) });

/** Reads a certificate and its key. A wrong one is empty in the result; a configuration with problems is never used. */
export const certificateFiles: Reader<CertificateFiles> = shapedAs(readCertificate, (value, place) => {
  const found = readCertificate(value, place);
  return found && { cert: found.cert ?? '', key: found.key ?? '' };
});

const readTls = mapping({ listen: required(listen), cert: required(file), key: required(file) });

/** Reads the section for DNS over TLS. */
export const tls: Reader<NonNullable<Config['dns']['tls']>> = shapedAs(readTls, (value, place) => {
  const { listen, cert, key } = readTls(value, place) ?? {};
  return listen && cert && key ? { listen, cert, key } : undefined;
});

const readHttps = mapping({
  listen: required(listen),
  cert: optional(file),
  key: optional(file),
  path: optional(path, '/dns-query'),
  insecure: optional(flag, false),
});

/** Reads the section for DNS over HTTPS. Without a certificate it needs `insecure` and a loopback address. */
export const https: Reader<NonNullable<Config['dns']['https']>> = shapedAs(readHttps, (value, place) => {
  const found = readHttps(value, place);
  if (found === undefined) return undefined;
  const { listen, cert, key, path, insecure } = found;
  const isThere = (name: string) => Object.hasOwn(value as object, name);
  if (insecure === true) reportInsecure(place, listen ?? [], isThere('cert') || isThere('key'));
  else
    for (const name of ['cert', 'key'])
      if (!isThere(name))
        report(keyIn(place, name), 'is missing; to serve HTTP without TLS on loopback, set insecure: true');
  if (!listen || !path) return undefined;
  return cert && key ? { listen, path, certificate: { cert, key } } : { listen, path };
});

function reportInsecure(
  place: Place,
  listen: NonNullable<Config['dns']['https']>['listen'],
  hasCertificate: boolean,
): void {
  if (hasCertificate)
    report(keyIn(place, 'insecure'), 'is true although there is a certificate; remove one of them');
  for (const each of listen)
    if (!isLoopback(each.address))
      report(
        keyIn(place, 'listen'),
        `${formatListenAddress(each)} is reachable from other machines; with insecure: true it must be a loopback address, behind a TLS proxy`,
      );
}
