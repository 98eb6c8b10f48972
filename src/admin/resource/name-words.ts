/** Characters of one name in a message. */
const NAME_CHARACTERS_MAX = 64;

/** A name as a message has it, its end cut off where it is long. */
export function shortName(name: string): string {
  return name.length > NAME_CHARACTERS_MAX ? `${name.slice(0, NAME_CHARACTERS_MAX)}…` : name;
}

/** Some names as a message lists them: `max` at most; of more, only their number is told. */
export function listOfNames(names: readonly string[], max: number): string {
  const more = names.length - max;
  return `${names.slice(0, max).map(shortName).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
