/**
 * `npm run docs:configuration`: writes docs/CONFIGURATION.md of the schema of the configuration and of settings.yaml beside this
 * file. A test compares.
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Setting, settings } from './settings.ts';

const PAGE = fileURLToPath(new URL('../../docs/CONFIGURATION.md', import.meta.url));

/** What the reader of the page wants to set, by the group of settings that does it. */
const QUESTIONS: Readonly<Record<string, string>> = {
  dns: 'the addresses at which DNS answers, threads, and the size of answers',
  'dns.rate_limit': 'how many answers a client gets in a flood',
  'dns.query_log': 'a log of queries, or dnstap',
  'dns.tcp': 'bounds of connections by TCP, TLS and HTTPS',
  'dns.tls': 'DNS over TLS',
  'dns.https': 'DNS over HTTPS',
  api: 'the address of the API, its tokens, and HTTPS',
  dashboard: 'the dashboard, on or off',
  limits: 'how many pools, records and other objects there may be',
  store: 'where everything is kept: a file, or Redis',
  'This process': 'the data directory, and the region of a worker',
  location: 'where this server is, for load balancers',
  geo: 'where clients are, for load balancers',
  log: 'how much is logged, and in which form',
  monitor: 'how a worker probes, and with which certificates',
  health: 'what happens in a mass failure, when health flaps, or without workers',
  notifications: 'webhooks and mail',
  targets: 'which addresses checks may reach',
  zones: 'zones, their records, and where pools appear in them',
};

const BEGIN = `# Configuration

<!-- Made by "npm run docs:configuration" of the schema. Change the words in packaging/manual, not here. -->

| you ask | section |
| --- | --- |
| Which file does Lifeguard read? | [The file](#the-file) |
| What does a small one look like? | [A small example](#a-small-example) |
| Is mine right? | [Checking](#checking) |
| How do I change a setting of a running server? | [OPERATING.md](OPERATING.md#reload) |
| Which setting does what I want? | [Settings](#settings) |

[config/lifeguard.yaml](../config/lifeguard.yaml) is a sample that shows every default.

## The file

Lifeguard reads one YAML file. It takes the first of these that there is:

1. the file that \`--config\` names
2. the file that \`LIFEGUARD_CONFIG\` names
3. \`/etc/lifeguard/lifeguard.yaml\`
4. the sample that comes with it, [config/lifeguard.yaml](../config/lifeguard.yaml)

It does not search the current folder. \`npm start\` and \`npm run lifeguard\` use the sample unless a variable or an option names another.

- Environment variables override the file. An empty variable counts as absent.
- A relative \`data_dir\` and relative certificate files begin in the current folder. Relative zone files begin beside the configuration file.

## A small example

One server with one zone. Everything else has its default:

\`\`\`yaml
dns:
  listen: [192.0.2.53:53]
data_dir: /var/lib/lifeguard
zones:
  - name: lb.example.com
    ns:
      - { name: ns1.lb.example.com, addresses: [192.0.2.53] }
    pools: pools # the pool web answers at web.pools.lb.example.com
\`\`\`

## Checking

    lifeguard check-config --config my-zone.yaml

This checks the file, and the files that it names, without starting anything. Lifeguard refuses unknown keys, unknown \`LIFEGUARD_\` variables and wrong values. It lists all of them and exits with 2.

## Settings

Times without a unit in their name are seconds. \`[]\` after a key means that it has a list: \`zones[].name\` is \`name\` in each item of \`zones\`.
`;

/** Returns the text of docs/CONFIGURATION.md. Throws for a group of settings without a question. */
export function configurationPage(): string {
  const groups = [...Map.groupBy(settings(), groupOf)];
  const contents = groups.map(([group]) => {
    const question = QUESTIONS[group];
    if (question === undefined) throw new Error(`QUESTIONS has nothing for the settings of "${group}"`);
    return `| ${question} | [${group}](#${group.toLowerCase().replaceAll(' ', '-').replaceAll('.', '')}) |\n`;
  });
  const tables = groups.map(([group, found]) => {
    const rows = found.map(row).join('\n');
    return `### ${group}\n\n| setting | takes | default | meaning |\n| --- | --- | --- | --- |\n${rows}\n`;
  });
  return `${BEGIN}\n| you want to set | section |\n| --- | --- |\n${contents.join('')}\n${tables.join('\n')}`;
}

/** Settings without a section are one group. */
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
