/** The settings of a store over the network that decide whether acknowledged writes last. */
export interface StoreSettings {
  /** The rule by which it deletes data when it is full; absent: it keeps everything, or does not say. */
  readonly evictsBy?: string;
  /** What outlasts a restart: all data, the last snapshot, or nothing; absent: it does not say. */
  readonly keeps?: 'all' | 'snapshots' | 'nothing';
  /** Names of settings that it does not show. */
  readonly unknown: readonly string[];
}

/** Returns the faults of settings as sentences; empty: none. */
export function settingsFlaws({ evictsBy, keeps, unknown }: StoreSettings): string[] {
  return [
    ...(evictsBy === undefined
      ? []
      : [
          `Redis may throw away configuration when it is full: maxmemory-policy is ${evictsBy}. Set it to noeviction.`,
        ]),
    ...(keeps === 'nothing'
      ? ['Redis keeps nothing on disk: a restart empties the store. Set appendonly to yes.']
      : []),
    ...(keeps === 'snapshots'
      ? ['Redis loses what was written since its last snapshot when it crashes. Set appendonly to yes.']
      : []),
    ...(unknown.length === 0
      ? []
      : [
          `Could not check ${unknown.join(', ')}: Redis does not show it. The user may lack the permission for CONFIG and INFO.`,
        ]),
  ];
}
