// Rules of nftables as a host's state has them: loaded by the real nft in a namespace, listed as JSON and as text.
import { spawnSync } from 'node:child_process';
import { createNetworkNamespace, inNamespace } from '../../src/linux/index.ts';

export interface ListedRules {
  /** nft -j list ruleset. */
  readonly json: string;
  /** nft -a list ruleset. */
  readonly text: string;
}

export function listedRules(rules: string): ListedRules {
  using namespace = createNetworkNamespace();
  const run = (words: readonly string[], input = '') => {
    const { stdout, stderr, status } = inNamespace(namespace, () =>
      spawnSync('nft', words, { encoding: 'utf8', input, maxBuffer: 1 << 28 }),
    );
    if (status !== 0) throw new Error(`nft ${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  run(['-f', '-'], rules);
  return { json: run(['-j', 'list', 'ruleset']), text: run(['-a', 'list', 'ruleset']) };
}
