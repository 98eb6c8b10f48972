import type { SwaggerOptions } from '@fastify/swagger';
import { exampleOf, exampleOfParameter } from './examples.ts';

/**
 * Makes the name of an operation, for functions of generated clients: the method, then the path, such as `getUserPoolsByIdHealth`.
 * `path` has parameters as `:id`. The plural distinguishes the list of accounts from one account.
 */
export function operationId(method: string, path: string): string {
  const place = path
    .replace(/^\/(client\/v4|lifeguard\/v1)/, '')
    .replace('/accounts/:account_id', '/account')
    // Kept where it is the resource itself.
    .replace(/\/load_balancers(?=\/[a-z])/, '');
  const words = place.split(/[/_.-]/).filter((word) => word !== '');
  const named = words.map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word)));
  return method.toLowerCase() + named.join('');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Adds examples to the parameters of a route, which the page fills in. */
function parametersWithExamples(
  place: 'params' | 'querystring',
  url: string,
  parameters: unknown,
): Record<string, object> {
  const { properties } = (parameters ?? {}) as { readonly properties?: Readonly<Record<string, object>> };
  if (properties === undefined) return {};
  const found = Object.entries(properties).map(([name, property]) => {
    const example = exampleOfParameter(url, name);
    return [name, example === undefined ? property : { ...property, examples: [example] }];
  });
  return { [place]: { ...(parameters as object), properties: Object.fromEntries(found) } };
}

/** The frame of the OpenAPI document; paths and schemas come from the routes. */
export const API_DOCUMENT: SwaggerOptions = {
  transform: ({ schema, url, route }) => {
    // Routes of several methods are those that refuse them, and hidden.
    const named = { ...schema, operationId: operationId(String(route.method), url) };
    const example = exampleOf(named.operationId);
    const body = example && schema?.body ? { body: { ...(schema.body as object), examples: [example] } } : {};
    return {
      schema: {
        ...named,
        ...body,
        ...parametersWithExamples('params', url, schema?.params),
        ...parametersWithExamples('querystring', url, schema?.querystring),
      },
      url,
    };
  },
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Lifeguard admin API',
      version: '4',
      description:
        'Zones, records, load balancers, pools and monitors, compatible with version 4 of the API of Cloudflare. To try a request here, press "Authorize" and enter a token: the one of the configuration, or else the one in the file admin-token of the data directory.',
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
      { name: 'load balancers', description: 'DNS names that steer among pools.' },
      { name: 'pools', description: 'DNS names with monitored endpoints.' },
      { name: 'monitors', description: 'Definitions of checks.' },
      { name: 'monitor groups', description: 'Several monitors that decide together.' },
      { name: 'overrides', description: 'Decisions of people in the place of the checks.' },
      { name: 'apply', description: 'All monitors, zones, pools and load balancers as one document.' },
      { name: 'explain', description: 'Why a name has its answer.' },
      { name: 'previews', description: 'A monitor tried on pools, without an effect on them.' },
      { name: 'regions', description: 'Regions for checks, and their countries.' },
      { name: 'search', description: 'Load balancers, pools and monitors by name.' },
      { name: 'accounts', description: 'The account, which is this server.' },
      { name: 'zones', description: 'Zones of the configuration file and of this API.' },
      { name: 'records', description: 'Records of zones.' },
      { name: 'tokens', description: 'Tokens, and whether one is valid.' },
      { name: 'events', description: 'Health transitions, and changes by this API.' },
      { name: 'notifications', description: 'Tests of notifications.' },
      { name: 'nodes', description: 'Live nodes and workers, and the revision that each node serves.' },
      { name: 'process', description: 'The state of this process.' },
    ],
  },
};
