/** A problem of the configuration and its place. */
export interface Problem {
  /** A key such as `zones[0].ns[1].name`, a variable such as `env LIFEGUARD_X`, or `file:line:column`. */
  readonly path: string;
  /** What is wrong and which rule it breaks, in words that follow the path and a colon. */
  readonly message: string;
}

/** Formats a problem as one line. */
export function formatProblem({ path, message }: Problem): string {
  return `${path}: ${message}`;
}
