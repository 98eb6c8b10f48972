import { open, rename, rm } from 'node:fs/promises';
import process from 'node:process';
import { ExitCode, OperatorError } from '../../commands/exit.ts';
import { formatProblem } from '../../input/problem.ts';
import { type Backup, readBackup } from '../../store/backup/read-backup.ts';
import type { ApiClient, Target } from '../api.ts';
import { count, print } from '../print.ts';

/** Time limit for a backup, milliseconds. */
const BACKUP_MS_MAX = 660_000;
/** Permissions of the file: it has header fields of monitors, which may be secret, and hashes of tokens. */
const OWNER_ONLY = 0o600;

type Octets = AsyncIterable<Uint8Array>;

/**
 * Writes a backup of a server to a file, which is there when all of it has come and its digest is right, or to standard output (`-`).
 * Throws OperatorError: also, once the file is written, where it lacks documents because the store is damaged.
 */
export async function backUp(client: ApiClient, file: string, options: Target): Promise<void> {
  const octets: Octets = await client.listen(
    '/lifeguard/v1/backup',
    undefined,
    AbortSignal.timeout(BACKUP_MS_MAX),
  );
  const { head, documents } = file === '-' ? await checked(printed(octets)) : await written(octets, file);
  const { revision, damaged, loss } = head;
  if (file !== '-') {
    const result = { file, revision, documents: documents.length, damaged, ...(loss && { loss }) };
    const envelope = { success: true, errors: [], messages: [], result };
    print(
      { result, envelope },
      options,
      () => `Wrote ${count(documents.length, 'object')} of revision ${revision} to ${file}.\n`,
    );
  }
  const missing = [...damaged, ...(loss ? [loss] : [])];
  if (missing.length > 0)
    throw new OperatorError(
      `The store is damaged, and this backup lacks: ${missing.join(', ')}. "lifeguard store check" lists the damage.`,
    );
}

async function written(octets: Octets, file: string): Promise<Backup> {
  const partial = `${file}.partial`;
  try {
    await rm(partial, { force: true });
    const handle = await open(partial, 'wx', OWNER_ONLY);
    try {
      const backup = await checked(
        passing(octets, async (chunk) => {
          await handle.writeFile(chunk);
        }),
      );
      await handle.sync();
      await rename(partial, file);
      return backup;
    } finally {
      await handle.close();
      await rm(partial, { force: true });
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`Cannot write the backup to ${file}: ${(error as Error).message}.`);
  }
}

function printed(octets: Octets): Octets {
  return passing(
    octets,
    (chunk) => new Promise<void>((resolve) => void process.stdout.write(chunk, () => resolve())),
  );
}

/** Hands on what passes. */
async function* passing(octets: Octets, to: (chunk: Uint8Array) => Promise<void>): Octets {
  for await (const chunk of octets) {
    await to(chunk);
    yield chunk;
  }
}

/** Reads a backup to its end. Throws OperatorError where it is not whole. */
async function checked(octets: Octets): Promise<Backup> {
  const read = await readBackup(octets);
  if (read.ok) return read.backup;
  throw new OperatorError(
    `The server sent a backup that cannot be restored. No file was written.\n${read.problems.map(formatProblem).join('\n')}`,
    ExitCode.FAILED,
  );
}
