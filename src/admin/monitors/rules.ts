import { foldCase } from '../../check/case-fold.ts';
import { parseDnsQuestion } from '../../check/dns-question.ts';
import { isRedirect, parseExpectedCodes } from '../../check/expected-codes.ts';
import { CLIENT_FIELDS } from '../../check/monitor.ts';
import type { TlsFileNames } from '../../check/monitor-tls.ts';
import { REDACTED } from '../../telemetry/log.ts';
import type { AdminContext } from '../app.ts';
import { memberPointer, type Problem } from '../http/problem.ts';
import { FORMATS, ruleOf } from '../schema/formats.ts';
import { MONITOR_DEFAULTS } from './schema.ts';

/** Codes of answers that have no body (RFC 9112 §6.3, 1), or an empty one (RFC 9110 §15.3.6). */
const BODYLESS: ReadonlySet<number> = new Set([204, 205, 304]);
/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const RESERVED_FIELDS: ReadonlySet<string> = new Set(CLIENT_FIELDS);

/** Checks the rules of a monitor that concern several fields. Other code checks single fields, and wrong ones are ignored here. */
export function monitorProblems(
  body: Readonly<Record<string, unknown>>,
  { tlsNames, bodyOctetsMax }: Pick<AdminContext, 'tlsNames' | 'bodyOctetsMax'>,
): Problem[] {
  return [...neededByType(body, bodyOctetsMax), ...headerFields(body.header), ...tlsProblems(body, tlsNames)];
}

/** Names that the configuration does not have, and TLS where none is spoken. */
function tlsProblems({ type, tls }: Readonly<Record<string, unknown>>, known: TlsFileNames): Problem[] {
  if (typeof tls !== 'object' || tls === null || Array.isArray(tls)) return [];
  if (type !== 'https' && type !== 'grpcs' && type !== 'smtp')
    return [{ pointer: '/tls', rule: 'is only for https, grpcs and smtp monitors' }];
  const { authority, client_certificate: certificate, starttls } = tls as Readonly<Record<string, unknown>>;
  const problems = [
    ...unknownName('/tls/authority', authority, known.authorities, 'monitor.authorities'),
    ...unknownName(
      '/tls/client_certificate',
      certificate,
      known.clientCertificates,
      'monitor.client_certificates',
    ),
  ];
  if (starttls === true && type !== 'smtp')
    problems.push({ pointer: '/tls/starttls', rule: 'is only for smtp monitors' });
  if (starttls !== true && type === 'smtp' && Object.keys(tls).some((key) => key !== 'starttls'))
    problems.push({ pointer: '/tls/starttls', rule: 'must be true for the rest of tls to have an effect' });
  return problems;
}

function unknownName(pointer: string, name: unknown, known: readonly string[], where: string): Problem[] {
  if (typeof name !== 'string' || known.includes(name)) return [];
  const there = known.length === 0 ? 'which has none' : `which has ${known.join(', ')}`;
  return [{ pointer, rule: `is not a name in ${where} of the configuration, ${there}` }];
}

function neededByType(body: Readonly<Record<string, unknown>>, bodyOctetsMax: number): Problem[] {
  const type = body.type ?? MONITOR_DEFAULTS.type;
  switch (type) {
    case 'http':
    case 'https': {
      const problems: Problem[] = [];
      if (body.expected_codes === undefined || body.expected_codes === null || body.expected_codes === '')
        problems.push({ pointer: '/expected_codes', rule: `must be set for ${type} monitors` });
      if (body.method === 'connection_established')
        problems.push({ pointer: '/method', rule: `must be GET or HEAD for ${type} monitors` });
      return [...problems, ...neverMet(body, bodyOctetsMax)];
    }
    case 'tcp':
    case 'udp_icmp':
    case 'smtp':
    case 'grpc':
    case 'grpcs':
      if (body.port !== undefined && body.port !== null && body.port !== 0) return [];
      return [{ pointer: '/port', rule: `must be set for ${type} monitors` }];
    case 'dns':
      if (typeof body.path === 'string' && parseDnsQuestion(body.path) !== undefined) return [];
      return [{ pointer: '/path', rule: 'must be /name/type for dns monitors, such as /www.example.org/A' }];
    default:
      return [];
  }
}

/** Finds conditions that no answer of HTTP can fulfil, and that of a redirect where redirects are followed. */
function neverMet(
  {
    method,
    expected_codes: codes,
    expected_body: text,
    follow_redirects: follows,
  }: Readonly<Record<string, unknown>>,
  bodyOctetsMax: number,
): Problem[] {
  const spans = typeof codes === 'string' ? (parseExpectedCodes(codes) ?? []) : [];
  if (spans.length > 0 && spans.every(({ to }) => to < 200))
    return [
      {
        pointer: '/expected_codes',
        rule: 'must have a code from 200 on, as 1xx comes only before the answer (RFC 9110 §15.2)',
      },
    ];
  const isFollowed =
    spans.length > 0 && spans.every(({ from, to }) => to < 200 || (from === to && isRedirect(from)));
  if (follows === true && isFollowed)
    return [
      {
        pointer: '/expected_codes',
        rule: 'must have a code that is not of a redirect, as follow_redirects is true; to expect the redirect itself, set follow_redirects to false',
      },
    ];
  if (typeof text !== 'string' || text === '') return [];
  if (method === 'HEAD')
    return [
      { pointer: '/expected_body', rule: 'must be empty with the method HEAD, whose answers have no body' },
    ];
  const isBodyless =
    spans.length > 0 && spans.every(({ from, to }) => to < 200 || (from === to && BODYLESS.has(from)));
  if (isBodyless)
    return [
      {
        pointer: '/expected_body',
        rule: 'must be empty where only 1xx, 204, 205 or 304 is expected, which have no body',
      },
    ];
  const octets = octetsOf(text);
  if (octets > bodyOctetsMax)
    return [
      {
        pointer: '/expected_body',
        rule: `has ${octets} octets, but workers search only ${bodyOctetsMax} octets of a body (monitor.body_octets_max)`,
      },
    ];
  return [];
}

/** Octets in UTF-8 that a text takes at least where it is found: each character as it is written, or as it folds. */
function octetsOf(text: string): number {
  let octets = 0;
  for (const each of text) octets += Math.min(Buffer.byteLength(each), Buffer.byteLength(foldCase(each)));
  return octets;
}

function headerFields(header: unknown): Problem[] {
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return [];
  const seen = new Set<string>();
  return Object.entries(header).flatMap(([name, values]: [string, unknown]) => {
    const pointer = memberPointer('/header', name);
    const folded = name.toLowerCase();
    if (!TOKEN.test(name)) return [{ pointer, rule: 'is not the name of an HTTP header field' }];
    if (RESERVED_FIELDS.has(folded))
      return [{ pointer, rule: 'is a header field that checks set themselves' }];
    if (seen.has(folded)) return [{ pointer, rule: 'is given twice, in different cases' }];
    seen.add(folded);
    const shown = Array.isArray(values) ? values.indexOf(REDACTED) : -1;
    if (shown !== -1)
      return [
        {
          pointer: memberPointer(pointer, shown),
          rule: 'is what the API shows in the place of a secret; give the value itself',
        },
      ];
    return folded === 'host' ? hostValues(pointer, values) : [];
  });
}

function hostValues(pointer: string, values: unknown): Problem[] {
  if (!Array.isArray(values)) return [];
  if (values.length > 1) return [{ pointer, rule: 'must have exactly one value' }];
  const [host] = values as unknown[];
  if (typeof host !== 'string' || FORMATS.host.holds(host)) return [];
  return [{ pointer: memberPointer(pointer, 0), rule: ruleOf('host') }];
}
