// Limits and quotas: net/netfilter/nft_limit.c and nft_quota.c, v6.18. Their time is the virtual clock's. A limit's bucket is
// full at first; each packet that passes takes its cost.
import type { Net } from './net.ts';
import type { Json } from './nft-ruleset.ts';
import { UnknownWord } from './nft-types.ts';

/** Asked once for each packet of so many bytes; false breaks the rule. */
export type Pass = (bytes: number) => boolean;

const NS_PER_SECOND = 1e9;
const SECONDS: Readonly<Record<string, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
};
const BYTES: Readonly<Record<string, number>> = { bytes: 1, kbytes: 1024, mbytes: 1024 * 1024 };

/** NFT_LIMIT_PKT_BURST_DEFAULT. */
const DEFAULT_BURST = 5;

function numberAt(json: Json, name: string, otherwise?: number): number {
  const value = json[name] ?? otherwise;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new UnknownWord(`${name} of ${JSON.stringify(json)}`);
}

function unitOf(table: Readonly<Record<string, number>>, json: Json, name: string, otherwise: string): number {
  const unit = table[String(json[name] ?? otherwise)];
  if (unit === undefined) throw new UnknownWord(`${name} of ${JSON.stringify(json)}`);
  return unit;
}

export function limitOf(json: Json, net: Net): Pass {
  const isOver = json.inv === true;
  const unitNs = unitOf(SECONDS, json, 'per', 'second') * NS_PER_SECOND;
  const ofBytes = json.rate_unit !== undefined && json.rate_unit !== 'packets';
  const rate = numberAt(json, 'rate') * (ofBytes ? unitOf(BYTES, json, 'rate_unit', 'bytes') : 1);
  const burst = numberAt(json, 'burst', 0) * (ofBytes ? unitOf(BYTES, json, 'burst_unit', 'bytes') : 1);
  const costNs = Math.floor(unitNs / rate);
  const mostNs = ofBytes ? Math.floor((unitNs * (rate + burst)) / rate) : costNs * (burst || DEFAULT_BURST);
  let tokensNs = mostNs;
  let lastNs = net.nowNs;
  return (bytes) => {
    const tokens = Math.min(tokensNs + net.nowNs - lastNs, mostNs);
    lastNs = net.nowNs;
    const left = tokens - (ofBytes ? Math.floor((unitNs * bytes) / rate) : costNs);
    tokensNs = left >= 0 ? left : tokens;
    return left >= 0 !== isOver;
  };
}

/** "until" passes while it lasts, "over" from then on. */
export function quotaOf(json: Json): Pass {
  const isOver = json.inv === true;
  const most =
    json.bytes === undefined
      ? numberAt(json, 'val') * unitOf(BYTES, json, 'val_unit', 'bytes')
      : numberAt(json, 'bytes');
  const usedUnit = unitOf(BYTES, json, 'used_unit', 'bytes');
  let used = numberAt(json, 'used', 0) * usedUnit;
  return (bytes) => {
    used += bytes;
    return used > most === isOver;
  };
}

/** Statements of an element of a set, one after the other. Throws UnknownWord for others. */
export function passOf(statements: readonly Json[], net: Net): Pass | undefined {
  const passes: Pass[] = [];
  for (const statement of statements) {
    for (const [kind, body] of Object.entries(statement)) {
      if (kind === 'limit') passes.push(limitOf(body as Json, net));
      else if (kind === 'quota') passes.push(quotaOf(body as Json));
      else if (kind !== 'counter' && kind !== 'last') throw new UnknownWord(`${kind} of an element`);
    }
  }
  return passes.length === 0 ? undefined : (bytes) => passes.every((pass) => pass(bytes));
}
