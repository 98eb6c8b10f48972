import { parseYaml } from '../../config/yaml.ts';
import type { AdminApp } from '../app.ts';
import { apiError } from '../errors.ts';
import { parseJsonBody, refuseExcess } from '../json-body.ts';

/** Octets of a document in JSON: that of 10,000 pools of four endpoints has about five million. */
export const DOCUMENT_OCTETS_MAX = 16 * 1_024 * 1_024;
/** Values in a document. */
export const DOCUMENT_VALUES_MAX = 1_000_000;
/**
 * Octets of a document in YAML, which takes some fifty times as long to read as JSON. Nothing else is done meanwhile, so that
 * it must stay far below a lease: the worst of this length takes some hundred milliseconds.
 */
export const YAML_OCTETS_MAX = 64 * 1_024;
/** Octets of an export in YAML, which is quicker to write than to read. */
export const YAML_EXPORT_OCTETS_MAX = 1_024 * 1_024;

const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml'];
/** Of a problem's place in YAML: the name of the file, which has none. */
const PLACE_PREFIX = /^body:/;

/** Makes the routes of `app` take documents: JSON, or YAML where the content type says so. */
export function takeDocuments(app: AdminApp): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(YAML_TYPES, { parseAs: 'buffer' }, async (_: unknown, body: Buffer) =>
    yamlIn(body),
  );
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (_: unknown, body: Buffer) =>
    parseJsonBody(body, DOCUMENT_VALUES_MAX),
  );
}

function yamlIn(body: Buffer): unknown {
  if (body.length > YAML_OCTETS_MAX) throw apiError('bodyTooLarge', { max: YAML_OCTETS_MAX });
  const parsed = parseYaml(body, 'body');
  if (!parsed.ok) {
    const [{ path, message }] = parsed.problems as [{ path: string; message: string }];
    throw apiError('badYaml', { why: `${path.replace(PLACE_PREFIX, '')} ${message}` });
  }
  refuseExcess(parsed.value, DOCUMENT_VALUES_MAX);
  return parsed.value;
}
