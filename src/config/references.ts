import { isIP } from 'node:net';
import { list, type Reader, TextError, text } from '../input/reader.ts';
import type { ReferenceTarget } from '../voting/abstaining.ts';

/** Maximum number of reference targets of a worker, which probes each every few seconds. */
export const REFERENCES_MAX = 16;

const PORTS = { 'tcp:': 0, 'http:': 80, 'https:': 443 } as const;
const isProtocol = (found: string): found is keyof typeof PORTS => Object.hasOwn(PORTS, found);

const referenceTarget: Reader<ReferenceTarget> = text((found) => {
  const url = URL.canParse(found) ? new URL(found) : undefined;
  if (url === undefined || !isProtocol(url.protocol) || url.hostname === '')
    throw new TextError('must be tcp://address:port, or an http or https URL');
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw new TextError('must not have a user, a password or a fragment');
  const type = url.protocol.slice(0, -1) as ReferenceTarget['type'];
  const port = url.port === '' ? PORTS[url.protocol] : Number(url.port);
  if (port === 0) throw new TextError('needs a port from 1 to 65535');
  if (type === 'tcp' && (!['', '/'].includes(url.pathname) || url.search !== ''))
    throw new TextError('must end after the port');
  const bare = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const address = isIP(bare) === 0 ? url.hostname : bare;
  return { text: found, type, address, port, path: type === 'tcp' ? '/' : `${url.pathname}${url.search}` };
});

/** Reads the reference targets, which a worker must reach to vote. */
export const references: Reader<ReferenceTarget[]> = list(referenceTarget, 0, REFERENCES_MAX);
