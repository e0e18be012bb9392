// Which chain of netfilter dropped a packet, as far as it can be observed: the kernel's function tells whether it was
// nftables or one of the older tables, and the hook which chains come into question. One chain is named; of several it is
// said that it was one of them. Asking which rule needs the model.
import { inNamespace, listBaseChains, listLegacyChains, NF_HOOK, openNetworkNamespace } from '../linux/index.ts';
import type { PointName, RuleInfo } from '../path/index.ts';

/** Drops come in crowds; reading the chains takes some 0.3 ms. */
const KEEP_MS = 50;

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly hook: number;
}

interface Chains {
  readonly nftables: readonly Chain[];
  readonly legacy: readonly Chain[];
  readonly readMs: number;
}

export class ChainNames {
  private readonly pathOf: (namespace: number) => string | undefined;
  private readonly known = new Map<number, Chains>();

  /** `pathOf`: what opens a namespace. */
  constructor(pathOf: (namespace: number) => string | undefined) {
    this.pathOf = pathOf;
  }

  /** `name`: the function that dropped it; undefined when nothing is known of the chains. */
  dropper(namespace: number, point: PointName, etherType: number, name: string | undefined): RuleInfo | undefined {
    const hook = hookOf(point);
    if (hook === undefined || namespace === 0) return undefined;
    const isNft = name?.startsWith('nft_') ?? false;
    const own = etherType === ETHERTYPE_IPV6 ? 'ip6' : 'ip';
    const fits = (chain: Chain) => chain.hook === hook && (chain.family === own || chain.family === 'inet');
    const find = ({ nftables, legacy }: Chains) => (isNft ? nftables : legacy).filter(fits);
    const known = find(this.chainsOf(namespace, KEEP_MS));
    // Somebody dropped it: what is known is not new enough.
    return ruleOf(known.length > 0 ? known : find(this.chainsOf(namespace, 0)));
  }

  private chainsOf(namespace: number, keepMs: number): Chains {
    const known = this.known.get(namespace);
    if (known !== undefined && performance.now() - known.readMs < keepMs) return known;
    const chains = { ...this.read(namespace), readMs: performance.now() };
    this.known.set(namespace, chains);
    return chains;
  }

  private read(namespace: number): Omit<Chains, 'readMs'> {
    const path = this.pathOf(namespace);
    if (path === undefined) return { nftables: [], legacy: [] };
    try {
      using opened = openNetworkNamespace(path);
      return inNamespace(opened, () => ({ nftables: listBaseChains(), legacy: listLegacyChains() }));
    } catch {
      return { nftables: [], legacy: [] }; // it has gone, or is another user's
    }
  }
}

const ETHERTYPE_IPV6 = 0x86dd;

function hookOf(point: PointName): number | undefined {
  if (!point.startsWith('nf.')) return undefined;
  return (NF_HOOK as Readonly<Record<string, number>>)[point.slice('nf.'.length)];
}

function ruleOf(candidates: readonly Chain[]): RuleInfo | undefined {
  const [first, ...more] = candidates;
  if (first === undefined) return undefined;
  const { family, table, chain } = first;
  if (more.length === 0) return { by: 'kernel', family, table, chain };
  const names = candidates.map((one) => `${one.family} ${one.table} ${one.chain}`);
  return { by: 'kernel', text: `one of the chains ${names.join(', ')}` };
}
