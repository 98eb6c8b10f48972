import type { CompletedOption, Place } from './words.ts';

/** Makes a fish script that completes the command line of a program. */
export function fishCompletion(name: string, places: readonly Place[]): string {
  const complete = `complete -c ${name}`;
  const commandsThere = places.slice(1).map(({ at }) => quoted(at));
  const lines = places.flatMap(({ at, commands, choices, options }) => {
    const there = `${complete} -n ${quoted(`__${name}_at ${quoted(at)}`)}`;
    return [
      ...commands.map(({ word, means }) => `${there} -a ${word} -d ${quoted(means)}`),
      ...choices.map((word) => `${there} -a ${word}`),
      ...options.map((option) => `${there} ${flags(option)} -d ${quoted(option.means)}`),
    ];
  });
  return `# fish completion of ${name}: ${name} completion fish | source
function __${name}_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        switch "$at $word"
            case ${commandsThere.join(' ')}
                set at "$at $word"
        end
    end
    test "$at" = "$argv[1]"
end
${complete} -f
${lines.join('\n')}
`;
}

function flags({ short, long, value }: CompletedOption): string {
  const given = `${short === undefined ? '' : `-s ${short} `}-l ${long}`;
  if (value === 'none') return given;
  if (value === 'any') return `${given} -x`;
  return value === 'file' ? `${given} -r -F` : `${given} -x -a ${quoted(value.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
