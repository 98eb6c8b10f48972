/**
 * `npm run docs:configuration`: writes docs/CONFIGURATION.md of the schema of the configuration and of settings.yaml beside this
 * file. A test compares.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Setting, settings } from './settings.ts';

const PAGE = fileURLToPath(new URL('../../docs/CONFIGURATION.md', import.meta.url));

const BEGIN = `# Configuration

<!-- Made by "npm run docs:configuration" of the schema. Change the words in packaging/manual, not here. -->

Lifeguard reads one YAML file. It takes the first of these that there is:

1. the file that \`--config\` names
2. the file that \`LIFEGUARD_CONFIG\` names
3. \`/etc/lifeguard/lifeguard.yaml\`
4. the sample that comes with it, [config/lifeguard.yaml](../config/lifeguard.yaml)

It does not search the current folder. \`npm start\` and \`npm run lifeguard\` use the sample unless a variable or an option names another.

- Environment variables override the file. An empty variable counts as absent.
- Lifeguard refuses unknown keys, unknown \`LIFEGUARD_\` variables and wrong values. It lists all of them and exits with 2.
- \`lifeguard check-config\` checks a file without starting anything.
- A running process reads the file again when it is told to ([OPERATING.md](OPERATING.md#reload)).
- The current folder is where a relative \`data_dir\` and relative certificate files begin. Relative zone files begin beside the configuration file.

Times without a unit in their name are seconds. \`[]\` after a key means that it has a list: \`zones[].name\` is \`name\` in each item of \`zones\`.
`;

/** Returns the text of docs/CONFIGURATION.md. */
export function configurationPage(): string {
  const all = settings();
  const groups = Map.groupBy(all, groupOf);
  const tables = [...groups].map(([group, found]) => {
    const rows = found.map(row).join('\n');
    return `### ${group}\n\n| setting | takes | default | meaning |\n| --- | --- | --- | --- |\n${rows}\n`;
  });
  return `${BEGIN}\n## Settings\n\n${tables.join('\n')}`;
}

/** Settings that stand alone are one group. */
function groupOf({ key }: Setting): string {
  const [first, second] = key.split('.');
  if (second === undefined) return 'This process';
  return first === 'dns' && key.split('.').length > 2 ? `dns.${second}` : first!.replace('[]', '');
}

function row({ key, variable, takes, fallback = 'required', meaning = '' }: Setting): string {
  const name = variable === undefined ? `\`${key}\`` : `\`${key}\`, variable ${variable}`;
  return `| ${name} | ${takes} | ${fallback} | ${meaning} |`;
}

if (import.meta.filename === process.argv[1]) writeFileSync(PAGE, configurationPage());
