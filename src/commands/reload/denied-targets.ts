import { createTargets, type RefuseTarget } from '../../check/targets.ts';
import type { Config } from '../../config/config.ts';
import type { ReloadedPart } from './reload.ts';

/** The denied targets of a process, which a reload may change. */
export interface DeniedTargets {
  readonly refuse: RefuseTarget;
  readonly part: ReloadedPart;
}

/** Creates the denied targets of a configuration. */
export function createDeniedTargets({ targets }: Pick<Config, 'targets'>): DeniedTargets {
  let refuse = createTargets(targets);
  return {
    refuse: (address) => refuse(address),
    part: {
      settings: ['targets'],
      async prepare(next) {
        const prepared = createTargets(next.targets);
        return () => {
          refuse = prepared;
        };
      },
    },
  };
}
