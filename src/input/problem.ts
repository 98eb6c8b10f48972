/** Something wrong with the configuration, and where. */
export interface Problem {
  /** A key of the file as `zones[0].ns[1].name`, a variable as `env LIFEGUARD_X`, or `file:line:column`. */
  readonly path: string;
  /** What is wrong and which rule says so; follows the path after a colon. */
  readonly message: string;
}

/** One line for people. */
export function formatProblem({ path, message }: Problem): string {
  return `${path}: ${message}`;
}
