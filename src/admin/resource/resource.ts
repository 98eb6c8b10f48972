import type { TSchema } from 'typebox';
import type { Documents, Kind } from '../../store/contract/documents.ts';
import type { Caller } from '../access/call.ts';
import type { PathForm } from '../app.ts';
import type { answers, Message, success } from '../http/envelope.ts';
import type { Faults } from '../http/errors.ts';
import type { PageQuery } from '../http/paging.ts';
import type { Problem } from '../http/problem.ts';
import type { Draft } from './draft.ts';
import type { ResourceKind } from './kind.ts';

/** The members of a body, or the parameters of a query or path, of any types. */
export type Fields = Readonly<Record<string, unknown>>;

/** Query parameters of a page. */
export type Paging = { readonly [K in keyof typeof PageQuery]?: string };

/** The actions of routes on documents. */
export type Action = 'create' | 'list' | 'read' | 'change' | 'delete';

/** The form of answers that succeed. */
export interface Envelope {
  readonly success: typeof success;
  /** Its schemas, for the OpenAPI document. */
  readonly answers: typeof answers;
}

/** A resource of the API: everything in which it differs from others. resourceRoutes() makes its routes. */
export interface Resource<K extends Kind, Body extends object, Place = undefined> {
  readonly kind: ResourceKind<K>;
  readonly form: PathForm;
  /** The path of its list below the prefix of the app, such as `/zones/:zone_id/records`. */
  readonly path: string;
  /** The heading of its routes in the OpenAPI document. */
  readonly tag: string;
  /** Ends the summaries of its routes, such as `of a zone`; absent: nothing does. */
  readonly of?: string;
  /** The schema of a document in an answer. */
  readonly View: TSchema;
  /** Formats documents for an answer, in their order. */
  views(documents: readonly Documents[K][], place: Place): Promise<readonly object[]> | readonly object[];
  /**
   * Makes the fields of the log line about a write. The document, where it is at hand, comes without its secrets. Before a deletion
   * it may read the store; after another write it must not, since a change that was made must not fail.
   */
  logFields(id: string, document: Documents[K] | undefined): Promise<object> | object;
  /** Throws ApiError where a token may not do this to any document; absent: every token may read. */
  check?(caller: Caller, action: Action): void;
  /** Finds the object to which all documents of a path belong. Throws ApiError. Absent: they belong to none. */
  placeOf?(params: Fields): Promise<Place>;
  /** Finds a document by its identifier; absent: in the store. */
  find?(id: string, place: Place): Promise<Documents[K] | undefined>;
  /** Returns true for a document that belongs to a place; absent: all do. */
  belongs?(document: Documents[K], place: Place): boolean;
  readonly list: Listing<K, Place>;
  /** Absent: documents are created by a route of their own, and do not change. */
  readonly writing?: Writing<K, Body, Place>;
  /** What the answer to a DELETE shows: the identifier, or the document as it was, made before it is deleted. */
  readonly deletion: 'identifier' | ((was: Documents[K]) => Promise<object> | object);
  /** Throws ApiError where a document may not be written here, whatever the body says; absent: all may. */
  refuseWrite?(id: string, place: Place): Promise<void>;
  /** The summary of the list of references; absent: there is no such list. */
  readonly references?: string;
  /** Methods of further routes at the path of the list. */
  readonly further?: readonly ('POST' | 'PATCH')[];
  readonly faults?: Partial<Faults>;
  readonly envelope?: Envelope;
}

/** How a resource is listed. */
export interface Listing<K extends Kind, Place> {
  /** Query parameters besides those of pages. */
  readonly query?: Readonly<Record<string, TSchema>>;
  /** All documents, in the order of the list. */
  all(place: Place): Promise<readonly Documents[K][]>;
  /** Returns those that a query selects, in its order; absent: all. Throws ApiError. */
  selected?(
    all: readonly Documents[K][],
    query: Fields,
  ): readonly Documents[K][] | Promise<readonly Documents[K][]>;
  /** The page of a query; absent: as the query says. */
  paging?(query: Paging): Paging;
  /** Formats documents as JSON texts, which are sent in pieces; absent: by `views`. */
  texts?(documents: readonly Documents[K][]): Promise<readonly string[]>;
}

/** The parts of a new version of a document. */
export interface Version<K extends Kind, Place> {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly epochMs: number;
  /** The document that it replaces. */
  readonly was: Documents[K] | undefined;
  readonly place: Place;
}

/** How bodies are checked and written. */
export interface Writing<K extends Kind, Body extends object, Place> {
  /** The methods that write; absent: POST, PUT and PATCH. */
  readonly methods?: readonly ('POST' | 'PUT' | 'PATCH')[];
  /** Schemas of a whole body (POST and PUT), and of a part (PATCH). */
  readonly Body: TSchema;
  readonly Patch: TSchema;
  /** The whole body that a PATCH of a document makes. */
  merged(was: Documents[K], patch: Body): Fields;
  /**
   * Finds problems between fields of `whole`: the body, or the result of a PATCH. `given` is what the client sent, `was` the document
   * that it replaces. Both may be of any types. Throws ApiError where the request is refused whatever else is wrong.
   */
  problems(
    whole: Fields,
    given: Fields,
    was: Documents[K] | undefined,
    place: Place,
  ): readonly Problem[] | Promise<readonly Problem[]>;
  /** The references of a body, which may be of any types. */
  references(whole: Fields): Draft<K>['references'];
  /** Makes the draft of a body without problems. */
  draft(whole: Body, version: Version<K, Place>): Draft<K>;
  /** Messages in the answer to a write. */
  messages(document: Documents[K]): readonly Message[] | Promise<readonly Message[]>;
}
