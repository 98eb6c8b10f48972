import { flagsOf, type Place } from './words.ts';

/** Makes a bash script that completes the command line of a program. */
export function bashCompletion(name: string, places: readonly Place[]): string {
  const words = ({ commands, options, choices }: Place) =>
    [...commands.map(({ word }) => word), ...choices, ...options.flatMap(flagsOf)].join(' ');
  return `# bash completion of ${name}: source <(${name} completion bash)
_${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} at='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${patterns(places.slice(1).map(({ at }) => at))}) at+=" \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $before" in
${places.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${places.map((place) => `    ${quoted(place.at)}) mapfile -t COMPREPLY < <(compgen -W ${quoted(words(place))} -- "$word") ;;`).join('\n')}
  esac
}
complete -F _${name} ${name}
`;
}

function valueCases({ at, options }: Place): string[] {
  return options.flatMap((option) => {
    const { value } = option;
    if (value === 'none') return [];
    const pattern = patterns(flagsOf(option).map((flag) => `${at} ${flag}`));
    if (value === 'any') return [`    ${pattern}) return ;;`];
    const from = value === 'file' ? '-f' : `-W ${quoted(value.join(' '))}`;
    return [`    ${pattern}) mapfile -t COMPREPLY < <(compgen ${from} -- "$word"); return ;;`];
  });
}

/** Makes the pattern of a `case` that matches any of these texts literally. */
export function patterns(texts: readonly string[]): string {
  return texts.map(quoted).join(' | ');
}

/** Quotes a text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
