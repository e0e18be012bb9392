// Three-valued answers: what a match says of a packet that asks for something the model does not know.

/** No, yes, not known. */
export const ANSWER = { NO: 0, YES: 1, UNKNOWN: 2 } as const;
export type Answer = (typeof ANSWER)[keyof typeof ANSWER];

export function answer(is: boolean): Answer {
  return is ? ANSWER.YES : ANSWER.NO;
}

/** Not known stays not known. */
export function not(one: Answer): Answer {
  return one === ANSWER.UNKNOWN ? one : one === ANSWER.YES ? ANSWER.NO : ANSWER.YES;
}
