/** Maximum characters of one name in a message. */
const NAME_CHARACTERS_MAX = 64;

/** Shortens a long name for a message. */
export function shortName(name: string): string {
  return name.length > NAME_CHARACTERS_MAX ? `${name.slice(0, NAME_CHARACTERS_MAX)}…` : name;
}

/** Lists at most `max` names for a message; of further ones, it gives only the number. */
export function listOfNames(names: readonly string[], max: number): string {
  const more = names.length - max;
  return `${names.slice(0, max).map(shortName).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
