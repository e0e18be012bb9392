// Firewall rules in the server of the demo, made by the real tools and taken away when the scene ends.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { SceneStage } from './demo-scene-stage.ts';

/** The only table of nftables here. */
const TABLE = 'pathcap';

export const FIREWALL = { iptables, nft } as const;

/** A rule as iptables takes it, from the name of its chain on. */
function iptables(stage: SceneStage, rule: readonly string[], program: 'iptables' | 'ip6tables' = 'iptables'): void {
  stage.run('server', [program, '-w', '-A', ...rule]);
  stage.undo(() => stage.run('server', [program, '-w', '-D', ...rule]));
}

/** A base chain and one rule in it, as nft takes them: 'filter hook input priority 0', 'udp dport 53 drop'. */
function nft(stage: SceneStage, hook: string, rule: string, family = 'ip'): void {
  const chain = `add table ${family} ${TABLE}
add chain ${family} ${TABLE} one { type ${hook}; }
add rule ${family} ${TABLE} one ${rule}
`;
  stage.run('server', ['nft', '-f', '-'], chain);
  stage.undo(() => stage.run('server', ['nft', 'delete', 'table', family, TABLE]));
}

/** Where Debian has these tools, which is not in the path of everybody. */
export const SEARCHED = [process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(delimiter);

/** The path of a program; undefined when it is not on this machine. */
export function findTool(name: string): string | undefined {
  return SEARCHED.split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
