// Who may have dropped a packet on a netfilter hook: the base chains of nftables (nfnetlink, NFT_MSG_GETCHAIN,
// net/netfilter/nf_tables_api.c) and the tables of the older iptables (/proc/net/ip_tables_names) of a network namespace.
// v6.18.
import { readFileSync } from 'node:fs';
import { decodeAttributes } from './netlink-attributes.ts';
import { NLM_F } from './netlink-message.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import { SystemError } from './system-error.ts';

const NETLINK_NETFILTER = 12;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_GETCHAIN = 4;

/** struct nfgenmsg: family, version, resource. */
const NFGENMSG_BYTES = 4;

/** enum nft_chain_attributes. */
const CHAIN = {
  table: [1, 'text'],
  name: [3, 'text'],
  hook: [4, { number: [1, 'u32be'], priority: [2, 'u32be'] }],
  policy: [5, 'u32be'],
} as const;

/** NFPROTO_*. */
const FAMILIES: Readonly<Record<number, string>> = { 1: 'inet', 2: 'ip', 10: 'ip6' };

export interface BaseChain {
  /** ip, ip6 or inet. */
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  /** NF_HOOK of bpf-link.ts. */
  readonly hook: number;
  /** Lower ones come first. */
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
}

/** Of nftables, those too that the newer iptables makes, in the calling thread's namespace. Empty without nftables. */
export function listBaseChains(): BaseChain[] {
  try {
    using netlink = new NetlinkSocket(NETLINK_NETFILTER);
    const type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETCHAIN;
    const answers = netlink.request('list the chains of nftables', type, NLM_F.DUMP, new Uint8Array(NFGENMSG_BYTES));
    return answers.flatMap(({ body }) => decode(body));
  } catch (error) {
    if (error instanceof SystemError) return [];
    throw error;
  }
}

function decode(body: Uint8Array): BaseChain[] {
  const family = FAMILIES[body[0]!];
  const { table, name, hook, policy } = decodeAttributes(CHAIN, body, NFGENMSG_BYTES, body.length);
  if (family === undefined || table === undefined || name === undefined || hook?.number === undefined) return [];
  const priority = (hook.priority ?? 0) | 0;
  return [{ family, table, chain: name, hook: hook.number, priority, policy: policy === 0 ? 'drop' : 'accept' }];
}

/** The hooks of the tables of the older iptables: iptable_filter.c and its kin (net/ipv4/netfilter). */
const LEGACY_HOOKS: Readonly<Record<string, readonly number[]>> = {
  raw: [0, 3],
  mangle: [0, 1, 2, 3, 4],
  nat: [0, 1, 3, 4],
  filter: [1, 2, 3],
  security: [1, 2, 3],
};
const LEGACY_CHAINS = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const;
const LEGACY_FILES = { ip: 'ip_tables_names', ip6: 'ip6_tables_names' } as const;

/** Of the older iptables, in the calling thread's namespace; their policies are not known. */
export function listLegacyChains(): Omit<BaseChain, 'priority' | 'policy'>[] {
  return (['ip', 'ip6'] as const).flatMap((family) =>
    legacyTables(family).flatMap((table) =>
      (LEGACY_HOOKS[table] ?? []).map((hook) => ({ family, table, chain: LEGACY_CHAINS[hook]!, hook })),
    ),
  );
}

function legacyTables(family: keyof typeof LEGACY_FILES): string[] {
  try {
    const text = readFileSync(`/proc/thread-self/net/${LEGACY_FILES[family]}`, 'utf8');
    return text.split('\n').filter((line) => line !== '');
  } catch {
    return []; // the module is not loaded, or this is not root
  }
}
