// Which interfaces -i means: names, numbers in the list of -D, or without -i the first of that list. None is meant twice.
import { listInterfaces } from '../linux/index.ts';
import { Failure } from './failure.ts';

export function chosenInterfaces(given: readonly string[]): string[] {
  if (given.length > 0) return [...new Set(given.map(byNumber))];
  const [first] = listInterfaces();
  if (first === undefined) throw new Failure('cannot capture: there is no interface');
  return [first.name];
}

/** A number is looked up in the list, unless an interface has it for a name. */
function byNumber(given: string): string {
  if (!/^\d+$/.test(given)) return given;
  const names = listInterfaces().map(({ name }) => name);
  const found = names.includes(given) ? given : names[Number(given) - 1];
  if (found === undefined) {
    throw new Failure(`cannot capture on ${given}: no such number; pathcap -D lists the interfaces`);
  }
  return found;
}
