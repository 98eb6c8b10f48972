import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { hashToken, TOKEN_MAX } from '../../admin/access/auth.ts';
import { addExample } from '../../commands/command-help.ts';
import { ExitCode, OperatorError } from '../../commands/exit.ts';
import { SCOPES } from '../../pool/token.ts';
import { clientOf } from '../api.ts';
import { EXIT_CODES, leaf, printWritten, type Shared, type Writing, writingLeaf } from '../command.ts';
import { durationMs } from '../duration.ts';
import { namingOptions } from '../fields.ts';
import { notFound } from '../objects.ts';
import { print, printJson, table } from '../print.ts';

const TOKENS = '/lifeguard/v1/tokens';
const VERIFY = '/client/v4/user/tokens/verify';
/** Random octets in a secret that is generated here. */
const SECRET_OCTETS = 32;

/** The properties of a token in the API. */
interface TokenShown {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly pool_prefix?: string;
  readonly records?: { readonly zones?: string[]; readonly names?: string[]; readonly types?: string[] };
  readonly expires_on?: string;
  readonly created_on: string;
  /** The secret, of a new token only. */
  readonly token?: string;
}

interface Making extends Writing {
  readonly scope: string;
  readonly poolPrefix?: string;
  readonly recordZone?: readonly string[];
  readonly recordName?: readonly string[];
  readonly recordType?: readonly string[];
  readonly documentsMax?: number;
  readonly endpointsMax?: number;
  readonly expires?: string;
  readonly for?: number;
}

/** Adds the commands for tokens. */
export function addTokenCommands(parent: Command): void {
  writingLeaf(
    parent,
    'create',
    'Create a token and print its secret, which is never shown again',
    'token create ci --scope edit --pool-prefix web- --for 30d',
  )
    .argument('<name>', 'Name, which events show')
    .addOption(new Option('-s, --scope <scope>', 'Rights of the token').choices(SCOPES).makeOptionMandatory())
    .option('--pool-prefix <prefix>', 'Allow only pools whose name begins with this (scope edit only)')
    .option('--record-zone <zone...>', 'Bind the token to records of these zones')
    .option('--record-name <name...>', 'Bind it to records with these names; * stands for any characters')
    .option('--record-type <type...>', 'Bind it to records of these types')
    .option(
      '--documents-max <number>',
      'Quota: maximum number of objects that it may write (scope edit only)',
      wholeNumber,
    )
    .option(
      '--endpoints-max <number>',
      'Quota: maximum number of endpoints in its pools (scope edit only)',
      wholeNumber,
    )
    .option('--expires <time>', 'End in RFC 3339, such as 2030-01-31T12:00:00Z (default: never)')
    .addOption(
      new Option('--for <time>', 'Lifetime, such as 12h or 30d, instead of --expires')
        .argParser(durationMs)
        .conflicts('expires'),
    )
    .action(async (name: string, options: Making) => {
      const client = clientOf(options);
      const { scope, poolPrefix, documentsMax, endpointsMax, expires, for: livesMs } = options;
      const end = livesMs === undefined ? expires : new Date(Date.now() + livesMs).toISOString();
      const quota = { documents_max: documentsMax, endpoints_max: endpointsMax };
      const { recordZone: zones, recordName: names, recordType: types } = options;
      const records = zones || names || types ? { zones, names, types } : undefined;
      const body = { name, scope, pool_prefix: poolPrefix, records, ...quota, expires_on: end };
      const answer = await client
        .ask<TokenShown>('POST', TOKENS, { body })
        .catch(namingOptions({}, [], body, 'name'));
      await printWritten(client, answer, options, (made) => `${tokenTable([made])}\ntoken ${made.token}\n`);
    });
  leaf(parent, 'list', 'List the tokens that the API created', 'token list').action(async (options: Shared) =>
    print(await clientOf(options).ask<TokenShown[]>('GET', TOKENS), options, tokenTable),
  );
  writingLeaf(parent, 'delete', 'Delete a token; it stops working at once', 'token delete ci')
    .argument('<token>', 'Name or identifier of the token')
    .action(async (called: string, options: Writing) => {
      const client = clientOf(options);
      const all = await client.call<TokenShown[]>('GET', TOKENS);
      const found =
        all.find(({ id }) => id === called) ??
        all.find(({ name }) => name.toLowerCase() === called.toLowerCase());
      if (found === undefined)
        throw notFound(
          client,
          'token',
          'name',
          called,
          all.map(({ name }) => name),
        );
      const answer = await client.ask<object>('DELETE', `${TOKENS}/${found.id}`);
      await printWritten(client, answer, options, () => `Deleted token "${found.name}".\n`);
    });
  leaf(parent, 'verify', 'Check that the token is valid', 'token verify').action(async (options: Shared) =>
    print(
      await clientOf(options).ask<{ readonly status: string; readonly expires_on?: string }>('GET', VERIFY),
      options,
      ({ status, expires_on: end }) =>
        `The token is ${status}. ${end === undefined ? 'It does not expire.' : `It expires at ${end}.`}\n`,
    ),
  );
  const hash = parent
    .command('hash')
    .description('Print the hash of a secret, for the configuration, without calling a server')
    .option('--new', 'Generate a secret and print it as well (default: read it from standard input)')
    .option('--json', 'Print JSON')
    .action((options: { readonly new?: boolean; readonly json?: boolean }) => {
      const secret = options.new
        ? randomBytes(SECRET_OCTETS).toString('base64url')
        : secretIn(readFileSync(0));
      const made = { hash: hashToken(secret), ...(options.new ? { token: secret } : {}) };
      if (options.json) printJson(made);
      else process.stdout.write(options.new ? `token ${secret}\nhash  ${made.hash}\n` : `${made.hash}\n`);
    });
  addExample(hash, 'lifeguard token hash --new', { after: EXIT_CODES });
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** Reads the secret on the only line of a text. Throws OperatorError where no request could carry it. */
function secretIn(octets: Buffer): string {
  const secret = octets.toString('utf8').replace(/\r?\n$/, '');
  if (/^[\x21-\x7e]+$/.test(secret) && secret.length <= TOKEN_MAX) return secret;
  throw new OperatorError(
    `The secret on standard input must be 1 to ${TOKEN_MAX} visible ASCII characters on one line.`,
    ExitCode.BAD_CONFIGURATION,
  );
}

function tokenTable(all: readonly TokenShown[]): string {
  return table(
    ['name', 'id', 'scope', 'pool prefix', 'records', 'expires', 'created'],
    all.map(({ name, id, scope, pool_prefix: prefix, records, expires_on: end, created_on: created }) => [
      name,
      id,
      scope,
      prefix,
      [records?.zones, records?.names, records?.types].flatMap((list) => list?.join(',') ?? []).join(' '),
      end,
      created,
    ]),
  );
}
