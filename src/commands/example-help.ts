/** Formats an example of a command for its help. It begins and ends with a line end. */
export function exampleHelp(example: string): string {
  return `\nExample:\n  ${example}\n`;
}
