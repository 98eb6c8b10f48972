import type { SwaggerOptions } from '@fastify/swagger';

/** The frame of the OpenAPI document; paths and schemas come from the routes. */
export const API_DOCUMENT: SwaggerOptions = {
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
      { name: 'tokens', description: 'Whether a credential is right.' },
    ],
  },
};
