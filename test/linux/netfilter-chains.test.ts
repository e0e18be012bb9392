// Base chains of a namespace, made by the real tools.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  createNetworkNamespace,
  inNamespace,
  listBaseChains,
  listLegacyChains,
  NF_HOOK,
} from '../../src/linux/index.ts';
import { has } from '../support/needs.ts';

describe.skipIf(!has('linux', 'root', 'tool:nft'))('base chains of netfilter', () => {
  it('are those that nft made, and no others', () => {
    using namespace = createNetworkNamespace();
    inNamespace(namespace, () => {
      expect(listBaseChains()).toEqual([]);
      const rules = `
        table inet fw {
          chain in { type filter hook input priority -5; policy drop; }
          chain called { drop; }
        }
        table ip6 six {
          chain out { type filter hook output priority 10; }
        }
        `;
      const { stderr } = spawnSync('nft', ['-f', '-'], { input: rules, encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(listBaseChains()).toEqual([
        { family: 'inet', table: 'fw', chain: 'in', hook: NF_HOOK.input, priority: -5, policy: 'drop' },
        { family: 'ip6', table: 'six', chain: 'out', hook: NF_HOOK.output, priority: 10, policy: 'accept' },
      ]);
      expect(listLegacyChains()).toEqual([]);
    });
  });

  it.skipIf(!has('tool:iptables-legacy'))('of the older iptables are those of the tables that are in use', () => {
    using namespace = createNetworkNamespace();
    inNamespace(namespace, () => {
      const { status } = spawnSync('iptables-legacy', ['-A', 'INPUT', '-p', 'udp', '-j', 'DROP']);
      if (status !== 0) return; // this kernel has none
      expect(listLegacyChains()).toContainEqual({ family: 'ip', table: 'filter', chain: 'INPUT', hook: NF_HOOK.input });
    });
  });
});
