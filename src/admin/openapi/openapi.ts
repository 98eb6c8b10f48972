import type { SwaggerOptions } from '@fastify/swagger';
import { exampleOf } from './examples.ts';

/**
 * A name for an operation that a generated client can give a function: what is done, then where, as in
 * `getUserPoolsByIdHealth`. `path` has parameters as `:id`. Lists of accounts and one account differ by the plural.
 */
export function operationId(method: string, path: string): string {
  const place = path
    .replace(/^\/(client\/v4|lifeguard\/v1)/, '')
    .replace('/accounts/:account_id', '/account')
    .replace('/load_balancers', '');
  const words = place.split(/[/_.-]/).filter((word) => word !== '');
  const named = words.map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word)));
  return method.toLowerCase() + named.join('');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** The frame of the OpenAPI document; paths and schemas come from the routes. */
export const API_DOCUMENT: SwaggerOptions = {
  transform: ({ schema, url, route }) => {
    // Routes of several methods are those that refuse them, and hidden.
    const named = { ...schema, operationId: operationId(String(route.method), url) };
    const example = exampleOf(named.operationId);
    const body = example && schema?.body ? { body: { ...(schema.body as object), examples: [example] } } : {};
    return { schema: { ...named, ...body }, url };
  },
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Lifeguard admin API',
      version: '4',
      description: 'Pools and monitors, compatible with the Cloudflare v4 load-balancing API.',
    },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        key: { type: 'apiKey', in: 'header', name: 'X-Auth-Key' },
        email: { type: 'apiKey', in: 'header', name: 'X-Auth-Email' },
      },
    },
    security: [{ token: [] }, { key: [], email: [] }],
    tags: [
      { name: 'pools', description: 'Record sets whose members are watched.' },
      { name: 'monitors', description: 'Definitions of checks.' },
      { name: 'monitor groups', description: 'Monitors that decide together.' },
      { name: 'overrides', description: 'What people decide in the place of the checks.' },
      { name: 'apply', description: 'All monitors and pools as one document.' },
      { name: 'explain', description: 'Why a name is answered as it is.' },
      { name: 'previews', description: 'A monitor tried on pools, which stay as they are.' },
      { name: 'regions', description: 'Where checks may start, and what lies there.' },
      { name: 'search', description: 'Pools and monitors by name.' },
      { name: 'accounts', description: 'The account, which is this server.' },
      { name: 'zones', description: 'Zones: those of the configuration file, and those made here.' },
      { name: 'tokens', description: 'Whether a credential is right, and making and ending them.' },
      { name: 'events', description: 'What happened: turns of health, and changes by this API.' },
      { name: 'notifications', description: 'Whether those who are notified can be.' },
      { name: 'nodes', description: 'Who answers, who probes, and who serves which revision.' },
      { name: 'process', description: 'How this process is.' },
    ],
  },
};
