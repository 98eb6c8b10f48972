import type { AdminApp } from '../app.ts';
import { apiError } from '../http/errors.ts';
import { parseJsonBody } from '../http/json-body.ts';
import type { YamlThread } from './yaml-thread.ts';

/** Octets of a document in JSON: that of 10,000 pools of four endpoints has about five million. */
export const DOCUMENT_OCTETS_MAX = 16 * 1_024 * 1_024;
/** Values in a document. */
export const DOCUMENT_VALUES_MAX = 1_000_000;
/** Octets of a document in YAML, which takes some fifty times as long to read as JSON. */
export const YAML_OCTETS_MAX = 64 * 1_024;
/** Values in a document in YAML, of which aliases can make many. */
export const YAML_VALUES_MAX = 50_000;
/** Octets of an export in YAML, which is quicker to write than to read. */
export const YAML_EXPORT_OCTETS_MAX = 1_024 * 1_024;

const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml'];

/** Makes the routes of `app` take documents: JSON, or YAML where the content type says so. */
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
