import { expect, test } from 'vitest';
import { choiceImage } from '../../../src/answer/compile/choice-image.ts';
import { choicesFromStart } from '../../../src/answer/steering/choices.ts';
import { ChoiceField, choiceWord } from '../../../src/answer/steering/layout.ts';
import { createTable } from '../../../src/answer/table.ts';
import { choiceIn, EVEN } from './flipping-choices.ts';

test('saved choices are those that count, after any number of changes', () => {
  const table = createTable();
  const [often, once] = [table.takeChoice(), table.takeChoice()];
  const percentOf = (ordinal: number): number[] => {
    const words = choicesFromStart(table.buffers);
    return [0, 1].map(
      (turn) =>
        new Int32Array(table.buffers.arena)[words[choiceWord(ordinal, turn)]! + ChoiceField.SHED_PERCENT]!,
    );
  };
  const image = (shedPercent: number) => choiceImage({ ...choiceIn(2, EVEN!), shedPercent });
  for (const ordinal of [often, once]) table.addChoice(ordinal, image(0));
  table.publish(1);
  for (let percent = 1; percent <= 5; percent += 1) {
    table.replaceChoice(often, image(percent));
    if (percent === 2) table.replaceChoice(once, image(percent));
    expect(percentOf(often)).toEqual([percent - 1, percent - 1]);
    table.publish(1 + percent);
    expect(percentOf(often)).toEqual([percent, percent]);
    expect(percentOf(once)).toEqual(percent < 2 ? [0, 0] : [2, 2]);
  }
});
