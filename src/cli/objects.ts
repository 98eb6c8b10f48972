import type { Command, Option } from 'commander';
import { OperatorError } from '../commands/exit.ts';
import { nearest } from '../input/nearest.ts';
import { accountPath } from './account.ts';
import { type ApiClient, clientOf } from './api.ts';
import { leaf, printWritten, type Shared, type Writing, writingLeaf } from './command.ts';
import { addFields, bodyOf, type Field, namingOptions, nothingToChange } from './fields.ts';
import { print } from './print.ts';
import type { FoundResource } from './resource/found.ts';
import { type ReferenceShown, referenceTable, withUsers } from './resource/references.ts';

/** Path below which pools and monitors are. */
export const LOAD_BALANCERS = '/client/v4/user/load_balancers';

/** A kind of objects: how commands create, find and print them. */
export interface ObjectKind<T extends { readonly id: string }> {
  readonly noun: string;
  /** Returns the path of their list. */
  pathOf(client: ApiClient): Promise<string>;
  /** How the search of the API calls the kind; absent: it does not find it, so the whole list is read to find one object. */
  readonly searchedAs?: FoundResource['resource_type'];
  /** What identifies an object for people, besides its identifier. */
  readonly naming: {
    /** The argument of commands, such as `pool`. */
    readonly argument: string;
    /** The property, such as `name`. */
    readonly key: string;
    readonly of: (object: T) => string | undefined;
  };
  /** Creates the options of the properties; each command needs its own. */
  fields(): readonly Field[];
  /** Replaces names in a body with identifiers. */
  resolved?(client: ApiClient, body: Body): Promise<Body>;
  /** Changes that need the present object. */
  readonly amending?: {
    readonly options: readonly Option[];
    amend(client: ApiClient, object: T, options: object): Promise<Amended>;
  };
  table(all: readonly T[]): string;
  text(one: T): string;
  /** Makes table and text that show what other objects say of these: names in place of identifiers. Absent: none does. */
  beside?(client: ApiClient): Promise<Pick<ObjectKind<T>, 'table' | 'text'>>;
}

/** How objects are printed: with what others say of them, where that is asked for and printed. */
async function printedBy<T extends { readonly id: string }>(
  kind: ObjectKind<T>,
  client: ApiClient,
  { json }: { readonly json?: boolean },
): Promise<Pick<ObjectKind<T>, 'table' | 'text'>> {
  return json || kind.beside === undefined ? kind : kind.beside(client);
}

/** Properties of an object in a request. */
export type Body = Readonly<Record<string, unknown>>;

/** A change that was made from the present object, and the entity tag of that. */
export interface Amended {
  readonly body: Body;
  readonly ifMatch: string | undefined;
}

/** Words for the examples in the help of a kind's commands: a name, and options of create and update. */
export interface Examples {
  readonly name: string;
  readonly create: string;
  readonly update: string;
}

/** Maximum characters of the text of a search. The API searches no longer one. */
const SEARCH_MAX = 255;
/** Identifiers or names of objects that an error lists. */
const LISTED_MAX = 5;

/** Describes an argument that names an object of a kind. */
export function nameOrIdentifier({ noun, naming }: Pick<ObjectKind<never>, 'noun' | 'naming'>): string {
  return `${naming.key === 'name' ? 'Name' : 'Description'} or identifier of the ${noun}`;
}

/** Finds the object with an identifier, or the only one with a name, in any case. Throws OperatorError. */
export async function objectCalled<T extends { readonly id: string }>(
  kind: ObjectKind<T>,
  client: ApiClient,
  called: string,
): Promise<T> {
  const path = await kind.pathOf(client);
  if (kind.searchedAs !== undefined) {
    const found = await searched(client, called, kind.searchedAs);
    const names = async () => (await searched(client, '', kind.searchedAs)).map(({ name }) => name);
    const { id } = await theOne(client, kind, called, found, names);
    return client.call<T>('GET', `${path}/${id}`);
  }
  const all = (await client.call<T[]>('GET', path)).map((object) => ({
    object,
    id: object.id,
    name: kind.naming.of(object) ?? '',
  }));
  return (await theOne(client, kind, called, all, async () => all.map(({ name }) => name))).object;
}

/** Reads the names of all objects of a kind that the search of the API finds, by identifier. */
export async function namesById(
  { searchedAs }: Pick<ObjectKind<never>, 'searchedAs'>,
  client: ApiClient,
): Promise<ReadonlyMap<string, string>> {
  return new Map((await searched(client, '', searchedAs)).map(({ id, name }) => [id, name]));
}

/** Finds objects whose name or identifier contains a text, without the rest of what they are. */
async function searched(
  client: ApiClient,
  text: string,
  type: FoundResource['resource_type'] | undefined,
): Promise<{ readonly id: string; readonly name: string }[]> {
  const query = new URLSearchParams({ query: text.slice(0, SEARCH_MAX) });
  const path = `${await accountPath(client)}/load_balancers/search?${query}`;
  const { result } = await client.list<FoundResource>(path, 'resources');
  return result
    .filter(({ resource_type: each }) => each === type)
    .map(({ resource_id: id, resource_name: name }) => ({ id, name }));
}

/** Returns the one object that is called so. `names` reads the names of all, for the error where there is none. */
async function theOne<T extends { readonly id: string; readonly name: string }>(
  client: ApiClient,
  { noun, naming }: Pick<ObjectKind<never>, 'noun' | 'naming'>,
  called: string,
  among: readonly T[],
  names: () => Promise<readonly string[]>,
): Promise<T> {
  const byId = among.find(({ id }) => id === called);
  if (byId !== undefined) return byId;
  const named = among.filter(({ name }) => name.toLowerCase() === called.toLowerCase());
  if (named.length > 1) {
    const ids = named.slice(0, LISTED_MAX).map(({ id }) => id);
    const more = named.length > LISTED_MAX ? ', …' : '';
    throw new OperatorError(
      `${named.length} ${noun}s have the ${naming.key} "${called}". Use an identifier: ${ids.join(', ')}${more}.`,
    );
  }
  const [only] = named;
  if (only !== undefined) return only;
  throw notFound(client, noun, naming.key, called, await names());
}

/** Creates the error for a name that no object has, with the nearest name that one has, or else the first names there are. */
export function notFound(
  client: ApiClient,
  noun: string,
  key: string,
  called: string,
  names: readonly string[],
): OperatorError {
  // A monitor may have no description.
  const known = names.filter((name) => name !== '');
  const near = nearest(called, known);
  const more = known.length - LISTED_MAX;
  const listed = `${known.slice(0, LISTED_MAX).join(', ')}${more > 0 ? ` and ${more.toLocaleString('en-US')} more` : ''}`;
  const others = known.length > 0 ? ` The ${noun}s: ${listed}.` : '';
  const rest = names.length === 0 ? ` There is no ${noun} yet.` : near === '' ? others : '';
  return client.missing(`No ${noun} has the ${key} or identifier "${called}"${near}.${rest}`);
}

/** Adds the commands list, get, references, create, update and delete of a kind of objects. `example` is the name in examples. */
export function addObjectCommands<T extends { readonly id: string }>(
  parent: Command,
  kind: ObjectKind<T>,
  examples: Examples,
): void {
  addReadingCommands(parent, kind, examples.name);
  addWritingCommands(parent, kind, examples);
}

function addReadingCommands<T extends { readonly id: string }>(
  parent: Command,
  kind: ObjectKind<T>,
  example: string,
): void {
  const { noun, naming } = kind;
  const plural = parent.name();
  const find = (client: ApiClient, called: string) => objectCalled(kind, client, called);

  leaf(parent, 'list', `List all ${noun}s`, `${plural} list`).action(async (options: Shared) => {
    const client = clientOf(options);
    const { table } = await printedBy(kind, client, options);
    print(await client.ask<T[]>('GET', await kind.pathOf(client)), options, table);
  });

  leaf(parent, 'get', `Show a ${noun}`, `${plural} get ${example}`)
    .argument(`<${naming.argument}>`, nameOrIdentifier(kind))
    .action(async (called: string, options: Shared) => {
      const client = clientOf(options);
      const { id } = await find(client, called);
      const { text } = await printedBy(kind, client, options);
      print(await client.ask<T>('GET', `${await kind.pathOf(client)}/${id}`), options, text);
    });

  leaf(parent, 'references', `Show what a ${noun} uses and what uses it`, `${plural} references ${example}`)
    .argument(`<${naming.argument}>`, nameOrIdentifier(kind))
    .action(async (called: string, options: Shared) => {
      const client = clientOf(options);
      const { id } = await find(client, called);
      const path = `${await kind.pathOf(client)}/${id}/references`;
      print(await client.ask<ReferenceShown[]>('GET', path), options, referenceTable);
    });
}

/** Adds the commands create, update and delete of a kind of objects. */
export function addWritingCommands<T extends { readonly id: string }>(
  parent: Command,
  kind: ObjectKind<T>,
  { name: example, create, update: updates }: Examples,
): void {
  const { noun, naming } = kind;
  const plural = parent.name();
  const find = (client: ApiClient, called: string) => objectCalled(kind, client, called);
  const bodyFor = async (client: ApiClient, options: object, fields: readonly Field[]) => {
    const body = bodyOf(options as Body, fields, noun);
    return kind.resolved ? kind.resolved(client, body) : body;
  };

  const created = kind.fields().filter(({ key }) => key !== naming.key);
  addFields(
    writingLeaf(parent, 'create', `Create a ${noun}`, `${plural} create ${example} ${create}`),
    created,
  )
    .argument(`[${naming.key}]`, `Its ${naming.key} (default: the one in the file)`)
    .action(async (called: string | undefined, options: Writing) => {
      const client = clientOf(options);
      const body = await bodyFor(client, options, created);
      const whole = called === undefined ? body : { ...body, [naming.key]: called };
      const made = await client
        .ask<T>('POST', await kind.pathOf(client), { body: whole })
        .catch(namingOptions({ ...options }, created, whole, naming.key));
      const { text } = await printedBy(kind, client, options);
      await printWritten(client, made, options, text);
    });

  const changed = kind.fields();
  const update = writingLeaf(
    parent,
    'update',
    `Change properties of a ${noun}`,
    `${plural} update ${example} ${updates}`,
  )
    .argument(`<${naming.argument}>`, nameOrIdentifier(kind))
    .option('--replace', 'Reset omitted properties to their defaults');
  addFields(update, changed);
  for (const option of kind.amending?.options ?? []) update.addOption(option.helpGroup('Properties:'));
  update.action(async (called: string, options: Writing & { replace?: boolean }) => {
    const client = clientOf(options);
    const object = await find(client, called);
    const given = await bodyFor(client, options, changed);
    const amended = await kind.amending?.amend(client, object, options);
    const body = { ...given, ...amended?.body };
    if (Object.keys(body).length === 0) throw nothingToChange();
    const path = `${await kind.pathOf(client)}/${object.id}`;
    const answer = await client
      .ask<T>(options.replace ? 'PUT' : 'PATCH', path, { body, ifMatch: amended?.ifMatch })
      .catch(namingOptions({ ...options }, changed, body));
    const { text } = await printedBy(kind, client, options);
    await printWritten(client, answer, options, text);
  });

  writingLeaf(parent, 'delete', `Delete a ${noun}`, `${plural} delete ${example}`)
    .argument(`<${naming.argument}>`, nameOrIdentifier(kind))
    .action(async (called: string, options: Writing) => {
      const client = clientOf(options);
      const object = await find(client, called);
      const path = `${await kind.pathOf(client)}/${object.id}`;
      const answer = await client.ask<object>('DELETE', path).catch(async (error: unknown) => {
        throw await withUsers(client, path, error);
      });
      await printWritten(
        client,
        answer,
        options,
        () => `Deleted ${noun} "${naming.of(object) || object.id}".\n`,
      );
    });
}
