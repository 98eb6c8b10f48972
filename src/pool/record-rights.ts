/** The records to which a token is bound. Every list that is given must match. */
export interface RecordRights {
  /** Names of zones, in lower case, without the final dot; absent: all zones. */
  readonly zones?: readonly string[];
  /** Full names of records in lower case, in which `*` stands for any characters; absent: all names. */
  readonly names?: readonly string[];
  /** Mnemonics of types, or TYPE and a number; absent: all types. */
  readonly types?: readonly string[];
}

/** Maximum number of zones, of names and of types to which a token is bound. */
export const RIGHTS_LISTED_MAX = 100;
/** Maximum characters of a name with asterisks. */
export const PATTERN_MAX = 255;

/** What decides whether a token may use a record. */
export interface RecordPlace {
  readonly zoneName: string;
  readonly name: string;
  readonly type: string;
}

/** Returns true for a text that may be a name of a token: one in which asterisks may be anywhere. */
export function isNamePattern(text: string): boolean {
  return /^[!-~]+$/.test(text) && text.length <= PATTERN_MAX && !/[/"\\,;()@]/.test(text);
}

/** Returns a name or pattern as tokens have it: in lower case, without the final dot. */
function foldedName(text: string): string {
  return text.toLowerCase().replace(/(?<=.)\.$/, '');
}

/** Returns rights in the form in which tokens have them. */
export function recordRightsOf({ zones, names, types }: RecordRights): RecordRights {
  return {
    ...(zones && { zones: zones.map(foldedName) }),
    ...(names && { names: names.map(foldedName) }),
    ...(types && { types: types.map((type) => type.toUpperCase()) }),
  };
}

/** Returns true for a zone of which a token may use some record. */
export function mayUseZone({ zones }: RecordRights, zoneName: string): boolean {
  return zones === undefined || zones.includes(zoneName);
}

/** Returns true for a record that a token may use. */
export function mayUseRecord(rights: RecordRights, { zoneName, name, type }: RecordPlace): boolean {
  const { names, types } = rights;
  if (!mayUseZone(rights, zoneName)) return false;
  if (types !== undefined && !types.includes(type)) return false;
  return names === undefined || names.some((pattern) => matches(name, pattern));
}

/** Whether a name is a pattern's: its parts between asterisks follow one another in the name. */
function matches(name: string, pattern: string): boolean {
  const [first, ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first!) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first!.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= end;
}

/** Describes rights for people. */
export function rightsWords({ zones, names, types }: RecordRights): string {
  const parts = [
    ...(zones ? [`of ${zones.join(', ')}`] : []),
    ...(names ? [`named ${names.join(', ')}`] : []),
    ...(types ? [`of type ${types.join(', ')}`] : []),
  ];
  return `records ${parts.join(' ')}`.trim();
}
