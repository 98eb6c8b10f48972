import { Type } from '../../dns/type.ts';
import { LOAD_BALANCER_DEFAULTS } from '../../load-balancer/load-balancer.ts';
import { pointOf } from '../../load-balancer/steering/distance.ts';
import { poolKey } from '../../load-balancer/steering/steer.ts';
import type { Member } from '../../pool/members.ts';
import type { EndpointSteering } from '../../pool/steering/endpoint-steering.ts';
import { CHOICE_WORDS, ChoiceField, ChoiceFlag, Family, WHATEVER_HEALTH } from '../steering/layout.ts';
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
  readonly endpointSteering: EndpointSteering;
  /** Addresses of a type that an answer has at the most; absent: ANSWERED_RECORDS_MAX. */
  readonly addressesMax?: number;
  readonly shedPercent: number;
  readonly isShedByHash: boolean;
  readonly coordinates?: { readonly latitude: number; readonly longitude: number };
}

/** Lays a choice out in words (../steering/layout.ts); offsets inside it are its own. */
export function choiceImage(choice: Choice): Int32Array {
  const [own, whatever] = [choice.members, choice.fallbackMembers].map((members) =>
    memberAnswers(LABEL, members, {
      usualTtlSeconds: LOAD_BALANCER_DEFAULTS.ttlSeconds,
      steering: choice.endpointSteering,
      addressesMax: choice.addressesMax,
    }),
  );
  const isSame = choice.members === choice.fallbackMembers;
  const images = (isSame ? [own!] : [own!, whatever!]).flatMap(({ name, answers }, set) =>
    answers.map(({ type, answer }) => ({
      at: ChoiceField.ANSWERS + (type === Type.A ? Family.IPV4 : Family.IPV6) + WHATEVER_HEALTH * set,
      image: answerImage(name, answer, true),
    })),
  );
  const words = new Int32Array(CHOICE_WORDS + images.reduce((sum, { image }) => sum + image.length, 0));
  let next = CHOICE_WORDS;
  for (const { at, image } of images) {
    words[at] = next;
    words.set(image, next);
    next += image.length;
  }
  if (isSame)
    for (const family of Object.values(Family))
      words[ChoiceField.ANSWERS + WHATEVER_HEALTH + family] = words[ChoiceField.ANSWERS + family]!;
  words[ChoiceField.WORDS] = words.length;
  words[ChoiceField.FLAGS] = flagsOf(choice, words);
  words[ChoiceField.KEY] = poolKey(choice.id);
  words[ChoiceField.SHED_PERCENT] = choice.shedPercent;
  words[ChoiceField.TTL] = Math.min(own!.ttlSeconds, whatever!.ttlSeconds);
  if (choice.coordinates !== undefined) {
    const { x, y, z } = pointOf(choice.coordinates.latitude, choice.coordinates.longitude);
    words.set([x, y, z], ChoiceField.POINT);
  }
  return words;
}

/** Stands for the question, whatever its name. */
const LABEL = 'x';

function flagsOf({ isUsable, isShedByHash, coordinates }: Choice, words: Int32Array): number {
  const has = (family: number) => isUsable && words[ChoiceField.ANSWERS + family] !== 0;
  return (
    (has(Family.IPV4) ? ChoiceFlag.USABLE : 0) |
    (has(Family.IPV6) ? ChoiceFlag.USABLE_IPV6 : 0) |
    (isShedByHash ? ChoiceFlag.SHED_BY_HASH : 0) |
    (coordinates === undefined ? 0 : ChoiceFlag.HAS_POINT)
  );
}
