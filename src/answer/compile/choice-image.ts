import { Type } from '../../dns/type.ts';
import { LOAD_BALANCER_DEFAULTS } from '../../load-balancer/load-balancer.ts';
import { poolKey } from '../../load-balancer/steering/steer.ts';
import { pointOf } from '../../place/point.ts';
import type { Member } from '../../pool/members.ts';
import type { EndpointSteering } from '../../pool/steering/endpoint-steering.ts';
import { AnswerField, Selection } from '../layout.ts';
import {
  CHOICE_WORDS,
  ChoiceField,
  ChoiceFlag,
  Family,
  LAST_HEALTHY,
  WHATEVER_HEALTH,
} from '../steering/layout.ts';
import { answerImage } from './image.ts';
import { memberAnswers } from './nodes.ts';

/** What load balancers must know of a pool. */
export interface Choice {
  /** The id of the pool. */
  readonly id: string;
  /** Whether it may be chosen: it is enabled, and not unhealthy. */
  readonly isUsable: boolean;
  readonly members: readonly Member[];
  /** What it answers as a fallback pool, whatever its health. */
  readonly fallbackMembers: readonly Member[];
  /** What it answers as a fallback pool with the members that were healthy last; absent: those are not known. */
  readonly lastHealthyMembers?: readonly Member[];
  readonly endpointSteering: EndpointSteering;
  /** Addresses of a type that an answer has at the most; absent: ANSWERED_RECORDS_MAX. */
  readonly addressesMax?: number;
  readonly shedPercent: number;
  readonly isShedByHash: boolean;
  readonly coordinates?: { readonly latitude: number; readonly longitude: number };
}

/** Lays a choice out in words (../steering/layout.ts); offsets inside it are its own. Equal lists of members are laid out once. */
export function choiceImage(choice: Choice): Int32Array {
  const { members, fallbackMembers, lastHealthyMembers = fallbackMembers } = choice;
  const laid = new Map<readonly Member[], ReturnType<typeof memberAnswers>>();
  const places = [
    { of: members, set: 0 },
    { of: fallbackMembers, set: WHATEVER_HEALTH },
    { of: lastHealthyMembers, set: LAST_HEALTHY },
  ];
  const images = places.flatMap(({ of, set }) => {
    const first = places.find((each) => each.of === of)!;
    const answers = laid.getOrInsertComputed(of, () => answersOf(choice, of));
    return answers.answers.map(({ type, answer }) => {
      const at = set + (type === Type.A ? Family.IPV4 : Family.IPV6);
      const same = at - set + first.set;
      return { at, same, image: at === same ? answerImage(answers.name, answer, true) : undefined };
    });
  });
  const words = new Int32Array(
    CHOICE_WORDS + images.reduce((sum, { image }) => sum + (image?.length ?? 0), 0),
  );
  let next = CHOICE_WORDS;
  for (const { at, same, image } of images) {
    if (image === undefined) {
      words[ChoiceField.ANSWERS + at] = words[ChoiceField.ANSWERS + same]!;
      continue;
    }
    words[ChoiceField.ANSWERS + at] = next;
    words.set(image, next);
    next += image.length;
  }
  words[ChoiceField.WORDS] = words.length;
  words[ChoiceField.FLAGS] = flagsOf(choice, words);
  words[ChoiceField.KEY] = poolKey(choice.id);
  words[ChoiceField.SHED_PERCENT] = choice.shedPercent;
  words[ChoiceField.TTL] = Math.min(...laid.values().map(({ ttlSeconds }) => ttlSeconds));
  if (choice.coordinates !== undefined) {
    const { x, y, z } = pointOf(choice.coordinates.latitude, choice.coordinates.longitude);
    words.set([x, y, z], ChoiceField.POINT);
  }
  return words;
}

function answersOf(
  { endpointSteering, addressesMax }: Choice,
  members: readonly Member[],
): ReturnType<typeof memberAnswers> {
  return memberAnswers(LABEL, members, {
    usualTtlSeconds: LOAD_BALANCER_DEFAULTS.ttlSeconds,
    steering: endpointSteering,
    addressesMax,
  });
}

/** Stands for the question, whatever its name. */
const LABEL = 'x';

function flagsOf({ isUsable, isShedByHash, shedPercent, coordinates }: Choice, words: Int32Array): number {
  const isShedSo = isShedByHash && shedPercent !== 0;
  return (
    flagsOfFamily(Family.IPV4) |
    flagsOfFamily(Family.IPV6) |
    (isShedByHash ? ChoiceFlag.SHED_BY_HASH : 0) |
    (coordinates === undefined ? 0 : ChoiceFlag.HAS_POINT)
  );

  function flagsOfFamily(family: number): number {
    const answer = words[ChoiceField.ANSWERS + family]!;
    if (!isUsable || answer === 0) return 0;
    const isHashed = words[answer + AnswerField.SELECTION] === Selection.HASH;
    return (ChoiceFlag.USABLE << family) | (isShedSo || isHashed ? ChoiceFlag.HASHES << family : 0);
  }
}
