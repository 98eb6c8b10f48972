import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { runProgram } from '../../support/run-program.ts';
import { PROJECT } from '../../support/source-tree.ts';

/** Longest time of `npm ci`, milliseconds. */
const INSTALL_MS = 600_000;
/** The newest release in CHANGELOG.md. */
const RELEASE = /^## \[\d+\.\d+\.\d+\].*$/m;

/** An older version of this program, in a folder of its own. */
export interface VersionBefore {
  /** The commit it is made of. */
  readonly commit: string;
  /** The version that it says it has, which is not that of the newer one. */
  readonly version: string;
  /** The file that runs. */
  readonly program: string;
  /** A running server of it can be replaced by a newer one. */
  readonly canBeReplaced: boolean;
  remove(): void;
}

/**
 * The version before this one: the newest tag `v*` before this commit, or else the commit before the newest release was written
 * into CHANGELOG.md.
 */
export async function refBefore(): Promise<string> {
  const tagged = await git(['describe', '--tags', '--match', 'v*', '--abbrev=0', 'HEAD^']);
  if (tagged.code === 0) return tagged.stdout.trim();
  const heading = RELEASE.exec(readFileSync(join(PROJECT, 'CHANGELOG.md'), 'utf8'))?.[0];
  if (heading === undefined) throw new Error('CHANGELOG.md names no release. Say --before <commit>.');
  const { stdout } = await git(['log', '--format=%H', `-S${heading}`, '--', 'CHANGELOG.md']);
  const first = stdout.trim().split('\n').at(-1);
  if (!first) throw new Error('No commit wrote the newest release into CHANGELOG.md. Say --before <commit>.');
  return `${first}^`;
}

/** Makes the version of a commit or tag ready to run. */
export async function makeVersionBefore(ref: string): Promise<VersionBefore> {
  const commit = (await mustRun('git', ['-C', PROJECT, 'rev-parse', '--short', `${ref}^{commit}`])).trim();
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-before-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const archive = join(folder, 'tree.tar');
  await mustRun('git', ['-C', PROJECT, 'archive', '--format=tar', `--output=${archive}`, commit]);
  await mustRun('tar', ['-xf', archive, '-C', folder]);
  rmSync(archive);
  if (hasAllPackages(folder)) symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  else await mustRun('npm', ['ci', '--prefix', folder, '--omit=dev', '--no-audit', '--no-fund']);
  const program = join(folder, 'src/lifeguard.js');
  const help = await mustRun(process.execPath, [program, 'serve', '--help']);
  return { commit, version: nameVersion(folder), program, canBeReplaced: help.includes('--replace'), remove };
}

/** Whether every package that its program needs is installed here, in the version of its lock file. */
function hasAllPackages(folder: string): boolean {
  const packagesOf = (of: string) =>
    (JSON.parse(readFileSync(join(of, 'package-lock.json'), 'utf8')) as Lock).packages;
  const installed = packagesOf(PROJECT);
  return Object.entries(packagesOf(folder)).every(
    ([path, { version, dev, optional }]) =>
      path === '' || dev || optional || installed[path]?.version === version,
  );
}

interface Lock {
  readonly packages: Readonly<Record<string, { version?: string; dev?: boolean; optional?: boolean }>>;
}

/** Between two releases package.json has one version: the older program then says that it comes before that. Returns what it says. */
function nameVersion(folder: string): string {
  const path = join(folder, 'package.json');
  const older = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
  const newer = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { version: string };
  if (older.version !== newer.version) return older.version;
  const version = `${older.version}-before`;
  writeFileSync(path, JSON.stringify({ ...older, version }));
  return version;
}

const git = (args: readonly string[]) => runProgram('git', ['-C', PROJECT, ...args]);

async function mustRun(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(program, args, { timeoutMs: INSTALL_MS });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}
