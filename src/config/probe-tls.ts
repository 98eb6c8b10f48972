import {
  keyIn,
  list,
  mapping,
  type Place,
  type Reader,
  report,
  required,
  shapedAs,
  TextError,
  text,
} from '../input/reader.ts';
import { isTokenName } from '../pool/token.ts';
import type { AuthorityFile, ClientCertificateFiles } from './config.ts';
import { file } from './encrypted.ts';

/** Maximum number of authorities, and of client certificates. */
export const PROBE_FILES_MAX = 64;

const name = text((found) => {
  if (!isTokenName(found))
    throw new TextError('must be 1 to 64 letters, digits and any of . _ -, a letter or digit first');
  return found;
});

const readAuthority = mapping({ name: required(name), file: required(file) });
const authority: Reader<AuthorityFile> = shapedAs(readAuthority, (value, place) => {
  const { name, file } = readAuthority(value, place) ?? {};
  return name && file ? { name, file } : undefined;
});

const readNamed = mapping({ name: required(name), cert: required(file), key: required(file) });
const clientCertificate: Reader<ClientCertificateFiles> = shapedAs(readNamed, (value, place) => {
  const { name, cert, key } = readNamed(value, place) ?? {};
  return name && cert && key ? { name, cert, key } : undefined;
});

/** Reads a list of files, each with its own name. */
function named<T extends { readonly name: string }>(item: Reader<T>): Reader<T[]> {
  const read = list(item, 0, PROBE_FILES_MAX);
  return shapedAs(read, (value, place) => {
    const found = read(value, place);
    for (const [at, each] of (found ?? []).entries())
      if (found!.findIndex((other) => other.name === each.name) < at) reportTwice(place, at, each.name);
    return found;
  });
}

function reportTwice(place: Place, at: number, name: string): void {
  const item = { ...place, path: `${place.path}[${at}]` };
  report(keyIn(item, 'name'), `"${name}" is used twice; each needs its own name`);
}

/** Reads the authorities that monitors may use. */
export const authorities: Reader<AuthorityFile[]> = named(authority);

/** Reads the client certificates that monitors may use. */
export const clientCertificates: Reader<ClientCertificateFiles[]> = named(clientCertificate);
