import type { Command, Option } from 'commander';
import { ExitCode, OperatorError } from '../commands/exit.ts';
import { type ApiClient, clientOf } from './api.ts';
import { leaf, printWritten, type Shared, type Writing, writingLeaf } from './command.ts';
import { addFields, bodyOf, type Field, nothingToChange } from './fields.ts';
import { print } from './print.ts';
import { type ReferenceShown, referenceTable } from './resource/references.ts';

/** Where pools and monitors are. */
export const LOAD_BALANCERS = '/client/v4/user/load_balancers';

/** Objects of a kind, as commands make them, find them and show them. */
export interface ObjectKind<T extends { readonly id: string }> {
  readonly noun: string;
  /** Where their list is. */
  pathOf(client: ApiClient): Promise<string>;
  /** What people call one by, besides its identifier: the property, and how help calls the argument. */
  readonly naming: {
    readonly key: string;
    readonly is: string;
    readonly of: (object: T) => string | undefined;
  };
  /** Made anew for each command, since options belong to one. */
  fields(): readonly Field[];
  /** A body with identifiers in the place of names. */
  resolved?(client: ApiClient, body: Body): Promise<Body>;
  /** Changes that need to know how the object is now. */
  readonly amending?: {
    readonly options: readonly Option[];
    amend(client: ApiClient, object: T, options: object): Promise<Amended>;
  };
  table(all: readonly T[]): string;
  text(one: T): string;
}

/** Properties of an object as they are sent. */
export type Body = Readonly<Record<string, unknown>>;

/** What a change that knew the object comes to, and how the object was then. */
export interface Amended {
  readonly body: Body;
  readonly ifMatch: string | undefined;
}

/** The object with this identifier, or the only one that is called so, in any case. Throws OperatorError. */
export async function objectCalled<T extends { readonly id: string }>(
  { noun, pathOf, naming }: ObjectKind<T>,
  client: ApiClient,
  called: string,
): Promise<T> {
  const all = await client.call<T[]>('GET', await pathOf(client));
  const byId = all.find(({ id }) => id === called);
  if (byId !== undefined) return byId;
  const named = all.filter((each) => naming.of(each)?.toLowerCase() === called.toLowerCase());
  if (named.length > 1)
    throw new OperatorError(`${named.length} ${noun}s are called ${called}: give an identifier`);
  if (named[0] === undefined) throw new OperatorError(`no ${noun} is called ${called}`, ExitCode.NOT_FOUND);
  return named[0];
}

/** Adds list, get, references, create, update and delete of a kind of objects. */
export function addObjectCommands<T extends { readonly id: string }>(
  parent: Command,
  kind: ObjectKind<T>,
): void {
  const { noun, naming } = kind;
  const find = (client: ApiClient, called: string) => objectCalled(kind, client, called);
  const bodyFor = async (client: ApiClient, options: object, fields: readonly Field[]) => {
    const body = bodyOf(options as Body, fields, noun);
    return kind.resolved ? kind.resolved(client, body) : body;
  };

  leaf(parent, 'list', `every ${noun}`).action(async (options: Shared) => {
    const client = clientOf(options);
    print(await client.ask<T[]>('GET', await kind.pathOf(client)), options, kind.table);
  });

  leaf(parent, 'get', `one ${noun}`)
    .argument(`<${noun}>`, naming.is)
    .action(async (called: string, options: Shared) => {
      const client = clientOf(options);
      const { id } = await find(client, called);
      print(await client.ask<T>('GET', `${await kind.pathOf(client)}/${id}`), options, kind.text);
    });

  leaf(parent, 'references', `what a ${noun} uses, and what uses it`)
    .argument(`<${noun}>`, naming.is)
    .action(async (called: string, options: Shared) => {
      const client = clientOf(options);
      const { id } = await find(client, called);
      const path = `${await kind.pathOf(client)}/${id}/references`;
      print(await client.ask<ReferenceShown[]>('GET', path), options, referenceTable);
    });

  const created = kind.fields().filter(({ key }) => key !== naming.key);
  addFields(writingLeaf(parent, 'create', `make a ${noun}`), created)
    .argument(`[${naming.key}]`, `its ${naming.key}; without it, the file's`)
    .action(async (called: string | undefined, options: Writing) => {
      const client = clientOf(options);
      const body = await bodyFor(client, options, created);
      const whole = called === undefined ? body : { ...body, [naming.key]: called };
      const path = await kind.pathOf(client);
      await printWritten(client, await client.ask<T>('POST', path, { body: whole }), options, kind.text);
    });

  const changed = kind.fields();
  const update = writingLeaf(parent, 'update', `change what is given of a ${noun}`)
    .argument(`<${noun}>`, naming.is)
    .option('--replace', 'what is not given has its default again');
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
    const answer = await client.ask<T>(options.replace ? 'PUT' : 'PATCH', path, {
      body,
      ifMatch: amended?.ifMatch,
    });
    await printWritten(client, answer, options, kind.text);
  });

  writingLeaf(parent, 'delete', `end a ${noun}`)
    .argument(`<${noun}>`, naming.is)
    .action(async (called: string, options: Writing) => {
      const client = clientOf(options);
      const object = await find(client, called);
      const answer = await client.ask<object>('DELETE', `${await kind.pathOf(client)}/${object.id}`);
      await printWritten(
        client,
        answer,
        options,
        () => `${noun} ${naming.of(object) || object.id} deleted\n`,
      );
    });
}
