import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { vi } from 'vitest';
import { runStoreCheck } from '../../../src/commands/store/store-check.ts';
import { type RepairDecision, runStoreRepair } from '../../../src/commands/store/store-repair.ts';

/** A data directory with a configuration, and the commands of `store` over it. */
export interface StoreCommands {
  readonly directory: string;
  /** Lines printed, the last of them the error with its exit code. */
  check(): Promise<string[]>;
  repair(decision?: Partial<RepairDecision>): Promise<string[]>;
  remove(): void;
}

/** `store`: lines of the configuration under `store`. */
export function storeCommands(store: readonly string[] = []): StoreCommands {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-store-'));
  const config = join(directory, 'lifeguard.yaml');
  const section = store.length > 0 ? ['store:', ...store.map((line) => `  ${line}`)] : [];
  writeFileSync(config, [`data_dir: ${directory}`, ...section, ''].join('\n'));
  async function lines(run: () => Promise<void>): Promise<string[]> {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const printed = () =>
      write.mock.calls
        .map(([text]) => String(text))
        .join('')
        .split('\n')
        .filter((line) => line !== '');
    try {
      await run();
      return printed();
    } catch (error) {
      return [...printed(), (error as Error).message];
    } finally {
      write.mockRestore();
    }
  }
  return {
    directory,
    check: () => lines(() => runStoreCheck(config, false)),
    repair: (decision = {}) =>
      lines(() => runStoreRepair(config, { isSure: false, putsBack: false, ...decision })),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
