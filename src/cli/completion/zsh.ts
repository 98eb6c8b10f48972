import { patterns, quoted } from './bash.ts';
import { flagsOf, type Place } from './words.ts';

/** Makes a zsh script that completes the command line of a program. It can be sourced, or stored as a file in fpath. */
export function zshCompletion(name: string, places: readonly Place[]): string {
  return `#compdef ${name}
# zsh completion of ${name}: source <(${name} completion zsh)
_${name}() {
  local at='' word before=$words[CURRENT-1]
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      ${patterns(places.slice(1).map(({ at }) => at))}) at+=" $word" ;;
    esac
  done
  case "$at $before" in
${places.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${places.map(wordCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function valueCases({ at, options }: Place): string[] {
  return options.flatMap((option) => {
    const { value } = option;
    if (value === 'none') return [];
    const pattern = patterns(flagsOf(option).map((flag) => `${at} ${flag}`));
    if (value === 'any') return [`    ${pattern}) return ;;`];
    return [`    ${pattern}) ${value === 'file' ? '_files' : `compadd -- ${value.join(' ')}`}; return ;;`];
  });
}

function wordCase({ at, commands, choices, options }: Place): string {
  const words = [
    ...commands,
    ...choices.map((word) => ({ word, means: '' })),
    ...options.flatMap((option) => flagsOf(option).map((word) => ({ word, means: option.means }))),
  ];
  const described = words.map(({ word, means }) => quoted(means === '' ? word : `${word}:${means}`));
  return `    ${quoted(at)}) found=(${described.join(' ')}); _describe -o word found ;;`;
}
