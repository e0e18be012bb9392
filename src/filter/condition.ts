// A filter as conditions over values: what lowering makes, what the graph is built from. Evaluated from left to right,
// no further than needed; that order is part of the meaning, since a load outside the packet rejects it.
import type { Value, Variable } from './value.ts';

/** 'set': some bit of the right side is set; 'in': the left side is one of the right side's members. */
export type Compare = 'eq' | 'gt' | 'ge' | 'set' | 'in';

/** The words of the expression that a condition comes from: expression.slice(at, end). */
export interface Place {
  readonly at: number;
  readonly end: number;
}

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly kind: 'not'; readonly operand: Condition }
  | {
      readonly kind: 'test';
      readonly compare: Compare;
      readonly left: Value;
      readonly right: Value;
      readonly place?: Place | undefined;
      /** With 'in': where each member comes from. */
      readonly places?: ReadonlyMap<number, Place | undefined> | undefined;
    }
  /** Sets a variable; is true. */
  | { readonly kind: 'set'; readonly variable: Variable; readonly value: Value; readonly place?: Place | undefined }
  /** Goes round while `again` is true, at least once; is true. The only way to go backwards. */
  | { readonly kind: 'repeat'; readonly again: Condition }
  | { readonly kind: 'always' }
  | { readonly kind: 'never' };

export const ALWAYS: Condition = { kind: 'always' };
export const NEVER: Condition = { kind: 'never' };

/** All of them, in this order. */
export function allOf(first: Condition, ...rest: readonly Condition[]): Condition {
  return rest.reduce((left, right) => ({ kind: 'and', left, right }), first);
}

/** The first of them that is true. */
export function anyOf(first: Condition, ...rest: readonly Condition[]): Condition {
  return rest.reduce((left, right) => ({ kind: 'or', left, right }), first);
}

export function not(operand: Condition): Condition {
  return { kind: 'not', operand };
}

/** `consequence` if `condition` is true, else `alternative`. */
export function choose(condition: Condition, consequence: Condition, alternative: Condition): Condition {
  return anyOf(allOf(condition, consequence), allOf(not(condition), alternative));
}

/** `consequence` if `condition` is true; is true itself. */
export function whenever(condition: Condition, consequence: Condition): Condition {
  return anyOf(allOf(condition, consequence), ALWAYS);
}
