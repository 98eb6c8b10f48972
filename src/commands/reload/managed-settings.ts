import { hashToken } from '../../admin/access/auth.ts';
import type { Admin } from '../../admin/server.ts';
import type { Config } from '../../config/config.ts';
import type { Limits } from '../../pool/limits.ts';
import { BOOTSTRAP, type ConfiguredToken } from '../../pool/token.ts';
import type { Zone } from '../../zone/zone.ts';
import type { ReloadedPart } from './reload.ts';

/** The settings of the API that a reload may change. Each is the same object for the life of the process, and has the present values. */
export interface ManagedSettings {
  readonly zones: readonly Zone[];
  readonly tokens: readonly ConfiguredToken[];
  readonly limits: Limits;
  /** Returns the part of the API. */
  part(admin: Pick<Admin, 'useTokens'>): ReloadedPart;
}

/** Creates the settings of a configuration. `token`: the secret of the configuration, or of the data directory. */
export function managedSettings(config: Config, token: string): ManagedSettings {
  const tokensOf = ({ api }: Config): ConfiguredToken[] => [
    ...api.tokens,
    { name: BOOTSTRAP, hash: hashToken(token), scope: 'admin' },
  ];
  const zones = [...config.zones];
  const tokens = tokensOf(config);
  const limits = { ...config.limits };
  return {
    zones,
    tokens,
    limits,
    part: (admin) => ({
      settings: ['zones', 'api.tokens', 'limits'],
      prepare: async (next) => () => {
        zones.splice(0, zones.length, ...next.zones);
        tokens.splice(0, tokens.length, ...tokensOf(next));
        Object.assign(limits, next.limits);
        admin.useTokens(tokens);
      },
    }),
  };
}
