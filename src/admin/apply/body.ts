import type { AdminApp } from '../app.ts';
import { apiError } from '../http/errors.ts';
import { parseJsonBody } from '../http/json-body.ts';
import type { YamlThread } from './yaml-thread.ts';

/** Maximum octets of a document in JSON. One with 10,000 pools of four endpoints has about five million. */
export const DOCUMENT_OCTETS_MAX = 16 * 1_024 * 1_024;
/** Maximum number of values in a document. */
export const DOCUMENT_VALUES_MAX = 1_000_000;
/** Maximum octets of a document in YAML, which takes about fifty times as long to read as JSON. */
export const YAML_OCTETS_MAX = 64 * 1_024;
/** Maximum number of values in a document in YAML, where aliases can multiply them. */
export const YAML_VALUES_MAX = 50_000;
/** Maximum octets of an export in YAML, which is quicker to write than to read. */
export const YAML_EXPORT_OCTETS_MAX = 1_024 * 1_024;

const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml'];

/** Makes the routes of `app` accept documents in JSON, or in YAML by the content type. */
export function takeDocuments(app: AdminApp, yaml: YamlThread): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(YAML_TYPES, { parseAs: 'buffer' }, async (_: unknown, body: Buffer) => {
    if (body.length > YAML_OCTETS_MAX) throw apiError('bodyTooLarge', { max: YAML_OCTETS_MAX });
    const text = await yaml.toJson(body, YAML_VALUES_MAX);
    return parseJsonBody(Buffer.from(text), YAML_VALUES_MAX);
  });
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) =>
    parseJsonBody(body, DOCUMENT_VALUES_MAX),
  );
}
