import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { hashToken, TOKEN_MAX } from '../../admin/access/auth.ts';
import { ExitCode, OperatorError } from '../../commands/exit.ts';
import { SCOPES } from '../../pool/token.ts';
import { clientOf } from '../api.ts';
import { EXIT_CODES, leaf, printWritten, type Shared, type Writing, writingLeaf } from '../command.ts';
import { durationMs } from '../duration.ts';
import { print, printJson, table } from '../print.ts';

const TOKENS = '/lifeguard/v1/tokens';
const VERIFY = '/client/v4/user/tokens/verify';
/** Octets of randomness in a secret made here. */
const SECRET_OCTETS = 32;

/** A token as the API shows it. */
interface TokenShown {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly pool_prefix?: string;
  readonly expires_on?: string;
  readonly created_on: string;
  /** Of a new one: the secret. */
  readonly token?: string;
}

interface Making extends Writing {
  readonly scope: string;
  readonly poolPrefix?: string;
  readonly documentsMax?: number;
  readonly endpointsMax?: number;
  readonly expires?: string;
  readonly for?: number;
}

/** Adds the commands of tokens. */
export function addTokenCommands(parent: Command): void {
  writingLeaf(parent, 'create', 'make a token, and tell its secret, which nobody is told again')
    .argument('<name>', 'what events will call it')
    .addOption(new Option('-s, --scope <scope>', 'what it may do').choices(SCOPES).makeOptionMandatory())
    .option('--pool-prefix <prefix>', 'of scope edit: only pools whose name begins so')
    .option('--documents-max <number>', 'of scope edit: the most objects of what it may write', wholeNumber)
    .option('--endpoints-max <number>', 'of scope edit: the most endpoints of its pools', wholeNumber)
    .option('--expires <time>', 'RFC 3339; never without it')
    .addOption(
      new Option('--for <time>', 'how long it lives, such as 12h or 30d')
        .argParser(durationMs)
        .conflicts('expires'),
    )
    .action(async (name: string, options: Making) => {
      const client = clientOf(options);
      const { scope, poolPrefix, documentsMax, endpointsMax, expires, for: livesMs } = options;
      const end = livesMs === undefined ? expires : new Date(Date.now() + livesMs).toISOString();
      const quota = { documents_max: documentsMax, endpoints_max: endpointsMax };
      const body = { name, scope, pool_prefix: poolPrefix, ...quota, expires_on: end };
      const answer = await client.ask<TokenShown>('POST', TOKENS, { body });
      await printWritten(client, answer, options, (made) => `${tokenTable([made])}\ntoken ${made.token}\n`);
    });
  leaf(parent, 'list', 'every token that the API made').action(async (options: Shared) =>
    print(await clientOf(options).ask<TokenShown[]>('GET', TOKENS), options, tokenTable),
  );
  writingLeaf(parent, 'delete', 'end a token at once')
    .argument('<token>', 'name or identifier')
    .action(async (called: string, options: Writing) => {
      const client = clientOf(options);
      const all = await client.call<TokenShown[]>('GET', TOKENS);
      const found =
        all.find(({ id }) => id === called) ??
        all.find(({ name }) => name.toLowerCase() === called.toLowerCase());
      if (found === undefined) throw new OperatorError(`no token is called ${called}`, ExitCode.NOT_FOUND);
      const answer = await client.ask<object>('DELETE', `${TOKENS}/${found.id}`);
      await printWritten(client, answer, options, () => `token ${found.name} deleted\n`);
    });
  leaf(parent, 'verify', 'whether the token is right').action(async (options: Shared) =>
    print(
      await clientOf(options).ask<{ readonly status: string; readonly expires_on?: string }>('GET', VERIFY),
      options,
      ({ status, expires_on: end }) =>
        `the token is ${status}, ${end === undefined ? 'without an end' : `until ${end}`}\n`,
    ),
  );
  parent
    .command('hash')
    .description('the hash of a secret, for the configuration; asks no server')
    .option('--new', 'make a secret, and tell it too; without it, the secret is read from standard input')
    .option('--json', 'print an object')
    .addHelpText('after', EXIT_CODES)
    .action((options: { readonly new?: boolean; readonly json?: boolean }) => {
      const secret = options.new
        ? randomBytes(SECRET_OCTETS).toString('base64url')
        : secretIn(readFileSync(0));
      const made = { hash: hashToken(secret), ...(options.new ? { token: secret } : {}) };
      if (options.json) printJson(made);
      else process.stdout.write(options.new ? `token ${secret}\nhash  ${made.hash}\n` : `${made.hash}\n`);
    });
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** The secret on the only line of a text. Throws OperatorError where no request could carry it. */
function secretIn(octets: Buffer): string {
  const secret = octets.toString('utf8').replace(/\r?\n$/, '');
  if (/^[\x21-\x7e]+$/.test(secret) && secret.length <= TOKEN_MAX) return secret;
  throw new OperatorError(
    `a secret must be 1 to ${TOKEN_MAX} visible ASCII characters on one line`,
    ExitCode.BAD_CONFIGURATION,
  );
}

function tokenTable(all: readonly TokenShown[]): string {
  return table(
    ['name', 'id', 'scope', 'pool prefix', 'expires', 'created'],
    all.map((each) => [each.name, each.id, each.scope, each.pool_prefix, each.expires_on, each.created_on]),
  );
}
