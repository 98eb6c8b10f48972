import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What package.json says of the program. */
export interface Release {
  readonly version: string;
  readonly description: string;
}

/** Debian's name of each machine for which npm has a Node. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Debian's name of a machine that Node calls `arch`. Throws Error for one without a Node in the npm registry. */
export function architectureOf(arch: string): string {
  const found = ARCHITECTURES[arch];
  if (found === undefined)
    throw new Error(
      `There is no package of Node for ${arch}: only for ${Object.keys(ARCHITECTURES).join(' and ')}.`,
    );
  return found;
}

/** The control file of the package (deb-control(5)). `installedKib`: what it takes when it is installed. */
export function controlOf(
  { version, description }: Release,
  architecture: string,
  installedKib: number,
): string {
  const fields = {
    Package: 'lifeguard',
    // A version before the release sorts below it, which "-" does not say in Debian's order.
    Version: version.replace('-', '~'),
    Architecture: architecture,
    Maintainer: 'Lifeguard <lifeguard@localhost>',
    'Installed-Size': String(installedKib),
    // What the Node in the package needs.
    Depends: 'libc6 (>= 2.28), libstdc++6, libgcc-s1, libatomic1',
    Recommends: 'systemd',
    Section: 'net',
    Priority: 'optional',
    Description: `${description.replace(/^An /, '')}\n Lifeguard checks endpoints, and answers DNS queries for pools of them with the healthy addresses.\n It brings its own Node.`,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/** The configuration file of the package: the sample, which it reads at `project`, with the data where a service keeps them. */
export function configurationOf(project: string): string {
  const sample = readFileSync(join(project, 'config/lifeguard.yaml'), 'utf8');
  const changed = sample.replace(/^data_dir: .*$/m, 'data_dir: /var/lib/lifeguard');
  if (changed === sample) throw new Error('config/lifeguard.yaml has no line with data_dir');
  return changed;
}
