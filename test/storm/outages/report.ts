import type { OutageStorm } from './storm.ts';

/** What a storm came to, in lines. */
export function report(title: string, storm: OutageStorm): string {
  const { acknowledged, untold, lost, seconds, harms, answers, unanswered, names, wrong } = storm;
  const count = (value: number) => value.toLocaleString('en');
  return [
    `${title}: ${[...harms].map(([harm, times]) => `${harm} × ${times}`).join(', ')}`,
    `  ${count(acknowledged)} writes acknowledged in ${seconds.toFixed(0)} s; of ${count(untold)} more nobody told the outcome`,
    ...(lost > 0
      ? [`  ${count(lost)} acknowledged writes were lost by failovers, as nothing waits for replicas`]
      : []),
    `  ${count(answers)} answers about healthy endpoints held all of them; ${count(unanswered)} questions had no answer or SERVFAIL`,
    `  ${count(names)} answers at the end held against what was acknowledged`,
    ...(wrong.length === 0 ? ['  nothing is wrong'] : wrong.map((what) => `  WRONG: ${what}`)),
    '',
  ].join('\n');
}
