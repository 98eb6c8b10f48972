import { Argument, type Command, Option } from 'commander';
import { isObjectId } from '../../admin/schema/object-id.ts';
import { ExitCode, OperatorError } from '../../commands/exit.ts';
import { AUTHORED_TYPES } from '../../rdata/record-type.ts';
import { type ApiClient, clientOf } from '../api.ts';
import { leaf, printWritten, type Shared, type Writing, writingLeaf } from '../command.ts';
import { wordsIn } from '../fields.ts';
import { print } from '../print.ts';
import { fullName, type RecordShown, recordsPath, recordTable, ttlIn, typeIn, valuesIn } from './record.ts';
import {
  type Batch,
  isEmpty,
  type RecordProperties,
  recordSet,
  recordsCalled,
  replacing,
} from './record-set.ts';
import { asciiName, type ZoneShown, zoneCalled } from './zone-called.ts';
import { addZoneFileCommands } from './zone-files.ts';

const ZONE = 'Name or identifier of the zone';
const NAME = 'Name of the records: relative to the zone, full, or @ for the zone itself';

interface Filters extends Shared {
  readonly type?: string;
  readonly content?: string;
  readonly comment?: string;
  readonly tag?: string;
  readonly search?: string;
  readonly below?: boolean;
}

/** Adds the commands for the records of zones. */
export function addRecordCommands(parent: Command): void {
  addList(parent);
  addAdd(parent);
  addSet(parent);
  addDelete(parent);
  addZoneFileCommands(parent);
}

function addList(parent: Command): void {
  leaf(
    parent,
    'list',
    'List the records of a zone, including those of the configuration file',
    'records list example.com www --type A',
  )
    .argument('<zone>', ZONE)
    .argument('[name]', NAME)
    .addOption(
      new Option('--type <type>', 'Only records of this type').choices(AUTHORED_TYPES).argParser(typeIn),
    )
    .option('--below', 'Also the records below the name')
    .option('--content <text>', 'Only records whose content contains this text')
    .option('--comment <text>', 'Only records whose comment contains this text')
    .option('--tag <tag>', 'Only records with this tag: name or name:value')
    .option('--search <text>', 'Only records with this text in a property')
    .action(async (called: string, name: string | undefined, options: Filters) => {
      const client = clientOf(options);
      const zone = await zoneCalled(client, called);
      const query = queryOf(zone, name, options);
      const found = await client.list<RecordShown>(`${recordsPath(zone)}${query && `?${query}`}`);
      const wanted = options.below && name !== undefined ? atOrBelow(fullName(name, zone)) : () => true;
      const result = found.result.filter(wanted);
      print({ result, envelope: { ...found.envelope, result } }, options, recordTable);
    });
}

function queryOf(zone: ZoneShown, name: string | undefined, filters: Filters): string {
  const { type, content, comment, tag, search, below } = filters;
  const full = name === undefined ? undefined : fullName(name, zone);
  const given = Object.entries({
    [below ? 'name.endswith' : 'name.exact']: full,
    type,
    'content.contains': content,
    'comment.contains': comment,
    [tag?.includes(':') ? 'tag.exact' : 'tag.present']: tag,
    search,
  }).filter((each): each is [string, string] => each[1] !== undefined);
  return new URLSearchParams(given).toString();
}

const atOrBelow =
  (full: string) =>
  ({ name }: RecordShown) =>
    name === full || name.endsWith(`.${full}`);

function withProperties(command: Command): Command {
  return command
    .addOption(new Option('--ttl <seconds>', 'TTL; auto leaves it to the server').argParser(ttlIn))
    .option('--comment <text>', 'Comment')
    .addOption(new Option('--tags <tags>', 'Comma-separated tags: name:value').argParser(wordsIn));
}

function typeArgument(flags: string): Argument {
  return new Argument(flags, 'Type, or TYPEnnn').choices(AUTHORED_TYPES).argParser(typeIn);
}

type Making = Writing & RecordProperties;

function propertiesOf({ ttl, comment, tags }: Making): RecordProperties {
  return {
    ...(ttl === undefined ? {} : { ttl }),
    ...(comment === undefined ? {} : { comment }),
    ...(tags === undefined ? {} : { tags }),
  };
}

/** Adds a command that takes a zone, a name, a type and contents of records, and their properties as options. */
function contentsLeaf(parent: Command, name: string, description: string, example: string): Command {
  return withProperties(writingLeaf(parent, name, description, example))
    .argument('<zone>', ZONE)
    .argument('<name>', NAME)
    .addArgument(typeArgument('<type>'))
    .argument('<content...>', 'Content in presentation form: each value in quotes, or the words of one');
}

function addAdd(parent: Command): void {
  contentsLeaf(
    parent,
    'add',
    'Add records with these contents to those that are there',
    'records add example.com www A 192.0.2.1 --ttl 300',
  ).action(async (called: string, name: string, type: string, words: string[], options: Making) => {
    const client = clientOf(options);
    const zone = await zoneCalled(client, called);
    const posts = valuesIn(type, words).map((content) => ({
      name: fullName(name, zone),
      type,
      content,
      ...propertiesOf(options),
    }));
    const [only] = posts;
    if (posts.length === 1 && only !== undefined) {
      const made = await client.ask<RecordShown>('POST', recordsPath(zone), { body: only });
      return printWritten(client, made, options, (record) => recordTable([record]));
    }
    await printBatch(client, zone, { deletes: [], patches: [], posts }, options);
  });
}

function addSet(parent: Command): void {
  contentsLeaf(
    parent,
    'set',
    'Replace the records of a name and type with these contents, in one change',
    'records set example.com @ MX "10 mail1.example.com" "20 mail2.example.com"',
  ).action(async (called: string, name: string, type: string, words: string[], options: Making) => {
    const client = clientOf(options);
    const zone = await zoneCalled(client, called);
    const present = await recordSet(client, zone, name, type);
    const wanted = { name: fullName(name, zone), type, values: valuesIn(type, words) };
    const batch = replacing(present, wanted, propertiesOf(options));
    if (!isEmpty(batch)) return printBatch(client, zone, batch, options);
    const envelope = { success: true, errors: [], messages: [], result: NOTHING };
    print({ result: NOTHING, envelope }, options, () => 'The records are so already.\n');
  });
}

/** What a batch of no changes would answer. */
const NOTHING = { deletes: [], patches: [], puts: [], posts: [] };

async function printBatch(client: ApiClient, zone: ZoneShown, batch: Batch, options: Writing): Promise<void> {
  const path = `${recordsPath(zone)}/batch`;
  const made = await client.ask<Record<'deletes' | 'patches' | 'posts', RecordShown[] | null>>('POST', path, {
    body: batch,
  });
  await printWritten(client, made, options, ({ deletes, patches, posts }) => {
    const gone = deletes?.length ?? 0;
    const left = [...(patches ?? []), ...(posts ?? [])];
    return `${left.length === 0 ? '' : recordTable(left)}${gone === 0 ? '' : `Deleted ${count(gone)}.\n`}`;
  });
}

const count = (records: number) => (records === 1 ? '1 record' : `${records} records`);

function addDelete(parent: Command): void {
  writingLeaf(
    parent,
    'delete',
    'Delete the record with an identifier, or at a name and of a type',
    'records delete example.com www A 192.0.2.1',
  )
    .argument('<zone>', ZONE)
    .argument('<record>', 'Identifier of the record, or its name: relative, full, or @')
    .addArgument(typeArgument('[type]'))
    .argument('[content...]', 'Content in presentation form, where the name has several records of the type')
    .option('--all', 'Delete every record that is found')
    .action(
      async (
        called: string,
        name: string,
        type: string | undefined,
        words: string[],
        options: Writing & { readonly all?: boolean },
      ) => {
        const client = clientOf(options);
        const zone = await zoneCalled(client, called);
        const path = recordsPath(zone);
        const records = type === undefined ? [await identified(client, path, name)] : [];
        if (type !== undefined) {
          const value = words.length === 0 ? undefined : words.join(' ');
          records.push(...(await recordsCalled(client, zone, { name, type, value }, options.all === true)));
        }
        const [only] = records;
        if (records.length > 1 || only === undefined)
          return printBatch(
            client,
            zone,
            { deletes: records.map(({ id }) => ({ id })), patches: [], posts: [] },
            options,
          );
        const answer = await client.ask<object>('DELETE', `${path}/${only.id}`);
        await printWritten(client, answer, options, () => `Deleted the record:\n${recordTable([only])}`);
      },
    );
}

/** Reads the record with an identifier. Throws OperatorError for a name, which needs a type. */
async function identified(client: ApiClient, path: string, text: string): Promise<RecordShown> {
  const id = asciiName(text);
  if (isObjectId(id)) return client.call<RecordShown>('GET', `${path}/${id}`);
  throw new OperatorError(
    `"${text}" is not the identifier of a record. Give the type of the record at that name as well.`,
    ExitCode.BAD_CONFIGURATION,
  );
}
