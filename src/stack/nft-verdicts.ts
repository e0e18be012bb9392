// Verdicts of rules and of maps: net/netfilter/nft_immediate.c, v6.18.
import { ACCEPTS, DROPS, GO_ON, type NftContext, type Outcome, QUEUES, RETURNS } from './nft-rule.ts';
import { isObject } from './nft-ruleset.ts';

const PLAIN: Readonly<Record<string, Outcome>> = {
  accept: ACCEPTS,
  drop: DROPS,
  continue: GO_ON,
  return: RETURNS,
  queue: QUEUES,
};

/** undefined for what is none. Throws SyntaxError for a chain that is not there. */
export function verdictOf(json: unknown, { chains }: NftContext): Outcome | undefined {
  if (!isObject(json)) return undefined;
  const [kind = ''] = Object.keys(json);
  const plain = PLAIN[kind];
  if (plain !== undefined) return plain;
  if (kind !== 'jump' && kind !== 'goto') return undefined;
  const body = json[kind];
  const name = isObject(body) ? String(body.target) : '';
  const chain = chains.get(name);
  if (chain === undefined) throw new SyntaxError(`there is no chain ${name}`);
  return { kind: 'jump', chain, isGoto: kind === 'goto' };
}
