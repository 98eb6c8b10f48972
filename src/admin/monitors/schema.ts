import Type, { type Static } from 'typebox';
import { MONITOR_TYPES, type MonitorType } from '../../check/monitor.ts';
import { TLS_VERSIONS } from '../../check/monitor-tls.ts';
import { nullable, oneOf } from '../schema/nullable.ts';

/** Maximum characters of a description. */
export const DESCRIPTION_MAX = 1_024;
/** Characters of a request path. */
export const PATH_MAX = 2_048;
/** Characters of the text wanted in a response body. */
export const EXPECTED_BODY_MAX = 4_096;
/** Characters of the list of status codes. */
export const EXPECTED_CODES_CHARACTERS_MAX = 512;
/** Header fields of a monitor, values of one field, characters of one value. */
export const HEADER_FIELDS_MAX = 32;
export const HEADER_VALUES_MAX = 8;
export const HEADER_VALUE_MAX = 1_024;
/** Characters of a zone's name. */
export const ZONE_MAX = 255;
/** Results in a row one may ask for. */
export const CONSECUTIVE_MAX = 1_000;
/** Seconds one attempt may be given. */
export const TIMEOUT_SECONDS = { min: 1, max: 10 } as const;
/** Further attempts after a timeout. */
export const RETRIES_MAX = 5;

/** Bounds of the time between two checks, which the operator sets. */
export interface Intervals {
  readonly minSeconds: number;
  readonly maxSeconds: number;
}

/** Defaults of a monitor; null means the same. */
export const MONITOR_DEFAULTS = {
  type: 'http',
  description: '',
  interval: 60,
  timeout: 5,
  retries: 2,
  path: '/',
  expected_body: '',
  follow_redirects: false,
  allow_insecure: false,
  probe_zone: '',
} as const;

/** Returns the default method of a type of monitors. */
export function defaultMethod(type: MonitorType): string {
  if (type === 'http' || type === 'https') return 'GET';
  return type === 'tcp' ? 'connection_established' : '';
}

/** Returns the default interval: a minute, or the nearest to it within the bounds. */
export function defaultInterval({ minSeconds, maxSeconds }: Intervals): number {
  return Math.min(Math.max(MONITOR_DEFAULTS.interval, minSeconds), maxSeconds);
}

const ignored = (description: string) =>
  Type.Optional(Type.Unknown({ readOnly: true, description: `${description} Ignored in requests.` }));

const name = (description: string) =>
  Type.Optional(nullable(Type.String({ format: 'token-name', description })));

/** How TLS is spoken with the endpoints: ours, beyond the reference API. */
export const MonitorTlsBody = Type.Object(
  {
    authority: name(
      'Name in monitor.authorities of the configuration; only this authority is trusted. null: the well-known authorities.',
    ),
    client_certificate: name(
      'Name in monitor.client_certificates of the configuration; shown to an endpoint that asks for a certificate.',
    ),
    server_name: Type.Optional(
      nullable(
        Type.String({
          format: 'server-name',
          description:
            'SNI, and the name that the certificate must have. null: the one of Host, or else the address.',
        }),
      ),
    ),
    min_version: Type.Optional(
      nullable(oneOf(TLS_VERSIONS, { description: 'Lowest version of TLS. null: 1.2.' })),
    ),
    starttls: Type.Optional(
      nullable(Type.Boolean({ description: 'For smtp: use STARTTLS. The other properties need it.' })),
    ),
  },
  {
    additionalProperties: false,
    description:
      'An extension: TLS properties of https, grpcs, and smtp with starttls. The configuration gives files their names.',
  },
);

/** A monitor as a client writes it, whole or in part (POST, PUT, PATCH): no field is required by itself. */
export function monitorBody({ minSeconds, maxSeconds }: Intervals) {
  return Type.Object(
    {
      type: Type.Optional(
        nullable(
          oneOf(MONITOR_TYPES, {
            default: MONITOR_DEFAULTS.type,
            description:
              'dns, grpc and grpcs are extensions: a DNS question, and the gRPC health protocol (grpc.health.v1) in plaintext or over TLS.',
          }),
        ),
      ),
      description: Type.Optional(
        nullable(
          Type.String({ format: 'text', maxLength: DESCRIPTION_MAX, default: MONITOR_DEFAULTS.description }),
        ),
      ),
      interval: Type.Optional(
        nullable(
          Type.Integer({
            minimum: minSeconds,
            maximum: maxSeconds,
            default: defaultInterval({ minSeconds, maxSeconds }),
            description: 'Seconds between the starts of two probes.',
          }),
        ),
      ),
      timeout: Type.Optional(
        nullable(
          Type.Integer({
            minimum: TIMEOUT_SECONDS.min,
            maximum: TIMEOUT_SECONDS.max,
            default: MONITOR_DEFAULTS.timeout,
            description: 'Time limit for one attempt, in seconds.',
          }),
        ),
      ),
      retries: Type.Optional(
        nullable(Type.Integer({ minimum: 0, maximum: RETRIES_MAX, default: MONITOR_DEFAULTS.retries })),
      ),
      consecutive_up: Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: CONSECUTIVE_MAX }))),
      consecutive_down: Type.Optional(nullable(Type.Integer({ minimum: 0, maximum: CONSECUTIVE_MAX }))),
      port: Type.Optional(
        nullable(
          Type.Integer({
            minimum: 0,
            maximum: 65_535,
            description:
              '0 or null: the default port of the protocol. Required for tcp, udp_icmp, smtp, grpc and grpcs; 53 for dns.',
          }),
        ),
      ),
      method: Type.Optional(
        nullable(
          oneOf(['GET', 'HEAD', 'connection_established', ''], {
            description: 'GET (the default) or HEAD for http and https; no effect for other types.',
          }),
        ),
      ),
      path: Type.Optional(
        nullable(
          Type.String({
            format: 'request-path',
            maxLength: PATH_MAX,
            default: MONITOR_DEFAULTS.path,
            description:
              'Path of the request. For dns the question: /name/type, such as /www.example.org/A. For grpc and grpcs the service; / is the whole server.',
          }),
        ),
      ),
      expected_codes: Type.Optional(
        nullable(
          Type.String({
            format: 'expected-codes',
            maxLength: EXPECTED_CODES_CHARACTERS_MAX,
            description: 'Codes such as 200, ranges such as 2xx, or a list. Required for http and https.',
          }),
        ),
      ),
      expected_body: Type.Optional(
        nullable(
          Type.String({
            format: 'text',
            maxLength: EXPECTED_BODY_MAX,
            default: MONITOR_DEFAULTS.expected_body,
            description:
              'Text that the body must contain, or for dns the value of an answer, whatever its case; empty: no condition.',
          }),
        ),
      ),
      header: Type.Optional(
        nullable(
          Type.Unsafe<Record<string, string[]>>({
            type: 'object',
            maxProperties: HEADER_FIELDS_MAX,
            additionalProperties: Type.Array(
              Type.String({ format: 'field-value', maxLength: HEADER_VALUE_MAX }),
              { minItems: 1, maxItems: HEADER_VALUES_MAX },
            ),
            description: 'Header fields of the request.',
          }),
        ),
      ),
      follow_redirects: Type.Optional(nullable(Type.Boolean({ default: MONITOR_DEFAULTS.follow_redirects }))),
      allow_insecure: Type.Optional(nullable(Type.Boolean({ default: MONITOR_DEFAULTS.allow_insecure }))),
      tls: Type.Optional(nullable(MonitorTlsBody)),
      probe_zone: Type.Optional(
        nullable(Type.String({ format: 'text', maxLength: ZONE_MAX, default: MONITOR_DEFAULTS.probe_zone })),
      ),
      id: ignored('32 lower-case hex digits.'),
      created_on: ignored('RFC 3339.'),
      modified_on: ignored('RFC 3339.'),
    },
    { additionalProperties: false },
  );
}
/** A monitor as the API shows it. */
export function monitorViewSchema({ properties }: ReturnType<typeof monitorBody>) {
  return Type.Object({
    ...properties,
    id: Type.String({ format: 'identifier' }),
    created_on: Type.String({ format: 'rfc3339-time' }),
    modified_on: Type.String({ format: 'rfc3339-time' }),
  });
}

/** A body that is valid by its schema. */
export type MonitorBody = Static<ReturnType<typeof monitorBody>>;
