// What a guest must have before anything is tested in it: the kernel that was asked for, its types, and the modules that
// scenes need, loaded by the kernel itself when they are asked for.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { describe, expect, it } from 'vitest';

/** Runs a command in a network namespace of its own. */
function run(command: string): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync('unshare', ['-n', 'sh', '-ec', command], { encoding: 'utf8' });
  return { status, stderr };
}

const WORKED = { status: 0, stderr: '' };

describe('the guest', () => {
  it('runs the kernel that was asked for', () => {
    expect(release().startsWith(`${process.env.PATHCAP_GUEST}.`)).toBe(true);
  });

  it('has BTF, symbols, cgroups and tracing', () => {
    expect(existsSync('/sys/kernel/btf/vmlinux')).toBe(true);
    expect(readFileSync('/proc/kallsyms', 'latin1')).toMatch(/^(?!0000000000000000)[0-9a-f]{16} \w ip_rcv$/m);
    expect(existsSync('/sys/fs/cgroup/cgroup.controllers')).toBe(true);
    expect(existsSync('/sys/kernel/tracing/available_events')).toBe(true);
  });

  it.each(['dummy', 'bridge', 'ifb', 'veth', 'vrf table 10', 'vxlan id 1 dstport 4789'])('makes a %s', (type) => {
    expect(run(`ip link add d0 type ${type}`)).toEqual(WORKED);
  });

  it.each(['vlan id 5', 'macvlan', 'ipvlan'])('makes a %s', (type) => {
    expect(run(`ip link add d0 type dummy; ip link add link d0 name d1 type ${type}`)).toEqual(WORKED);
  });

  it.each(['iptables-legacy', 'ip6tables-legacy', 'iptables-nft', 'ip6tables-nft'])('has %s', (program) => {
    const rule = '-p udp -m udp --dport 9 -m comment --comment x -j DROP';
    const nat = '-t nat -I PREROUTING -p udp -j REDIRECT --to-port 9';
    expect(run(`${program} -I INPUT ${rule}; ${program} ${nat}; ${program} -t raw -I OUTPUT -j ACCEPT`)).toEqual(
      WORKED,
    );
  });

  it('has nftables, with every kind of chain', () => {
    const commands = [
      'add table inet t',
      'add chain inet t a { type filter hook prerouting priority -300; }',
      'add rule inet t a udp dport 9 counter drop',
      'add chain inet t b { type nat hook prerouting priority -100; }',
      'add rule inet t b tcp dport 9 dnat ip to 10.0.0.1:10',
      'add chain inet t c { type filter hook input priority 0; }',
      'add rule inet t c ct state invalid reject',
      'add table netdev n',
      'add chain netdev n i { type filter hook ingress device lo priority 0; }',
    ];
    expect(run(`nft '${commands.join('\n')}'`)).toEqual(WORKED);
  });

  it('has queueing disciplines, filters and actions', () => {
    expect(
      run(`tc qdisc add dev lo root handle 1: netem limit 5
      tc qdisc add dev lo clsact
      tc filter add dev lo ingress protocol ip matchall action drop
      tc filter add dev lo egress protocol ip u32 match ip dport 9 0xffff action drop
      tc qdisc replace dev lo root tbf rate 1mbit burst 2k limit 4k`),
    ).toEqual(WORKED);
  });
});
