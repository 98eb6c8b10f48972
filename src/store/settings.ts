/** What a store over the network is set to, as far as it decides whether what it acknowledged lasts. */
export interface StoreSettings {
  /** The rule by which it throws away what it was given when it is full; absent: it keeps it, or does not say. */
  readonly evictsBy?: string;
  /** Whether what it has outlasts a restart: all, what there was at the last snapshot, or nothing; absent: it does not say. */
  readonly keeps?: 'all' | 'snapshots' | 'nothing';
  /** Names of settings that it does not tell. */
  readonly unknown: readonly string[];
}

/** What is wrong with settings, in sentences; empty: nothing. */
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
          `Could not check ${unknown.join(', ')}: Redis does not tell. The user may lack the permission for CONFIG and INFO.`,
        ]),
  ];
}
