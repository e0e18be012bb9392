// The texts on drop reasons: complete for the running kernel, and true as far as this machine can tell.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kernelBtf } from '../../src/linux/index.ts';
import {
  commandsFor,
  explainReason,
  fillCommand,
  isPointName,
  pointsOfMeaning,
  REASON_NAMES,
} from '../../src/path/index.ts';
import { DROPPED } from '../support/journeys.ts';
import { findTool, has } from '../support/needs.ts';

const KERNEL_BTF = '/sys/kernel/btf/vmlinux';
/** Enumerators that are no reasons. */
const NO_REASON = ['SKB_DROP_REASON_MAX', 'SKB_DROP_REASON_SUBSYS_MASK'];
/** Every explanation: of each reason, and of those that mean something more definite at a point. */
const EXPLANATIONS = REASON_NAMES.flatMap((name) => [
  { name, ...explainReason(name) },
  ...pointsOfMeaning(name).map((point) => ({ name: `${name} at ${point}`, ...explainReason(name, point) })),
]);
const COMMANDS = new Set(EXPLANATIONS.flatMap(({ commands }) => commands));

describe('a reason', () => {
  it.each(EXPLANATIONS)('$name says what it means and what to check', (explanation) => {
    const { known, means, check, commands, points } = explanation;
    expect(known).toBe(true);
    expect(means).toMatch(/^[A-Z].{20,}\.$/);
    expect(check).toMatch(/^[A-Z].{15,}\.$/);
    expect(points.every(isPointName)).toBe(true);
    for (const command of commands) expect(fillCommand(command)).not.toMatch(/[{}]|undefined/);
  });

  it.skipIf(!existsSync(KERNEL_BTF))('has a text for every name of the running kernel', () => {
    const names = [...(kernelBtf().enumerators('skb_drop_reason')?.values() ?? [])].filter(
      (name) => !NO_REASON.includes(name),
    );
    expect(names.length).toBeGreaterThan(60);
    expect(names.filter((name) => !explainReason(name).known)).toEqual([]);
  });

  it('is found with and without the beginning of its name', () => {
    expect(explainReason('SKB_DROP_REASON_UDP_CSUM')).toEqual(explainReason('UDP_CSUM'));
    expect(explainReason('SKB_CONSUMED').reason).toBe('CONSUMED');
    expect(explainReason('openvswitch.OVS_DROP_METER')).toMatchObject({
      reason: 'openvswitch.OVS_DROP_METER',
      known: true,
      means: 'Open vSwitch dropped the packet: a flow says so, has no action, or an action failed.',
    });
    expect(explainReason('mac80211_unusable.RX_DROP_U_REPLAY').known).toBe(true);
  });

  it('means something more definite where the kernel uses it for one thing', () => {
    expect(explainReason('IP_INHDR', 'ip.forward').means).toBe(
      'The TTL (hop limit) was used up when the packet was to be forwarded; the sender gets ICMP time exceeded.',
    );
    expect(explainReason('IP_INHDR', 'ip.receive')).toEqual(explainReason('IP_INHDR'));
  });

  it('of a newer kernel is said to be unknown', () => {
    expect(explainReason('SKB_DROP_REASON_TOO_GREEN')).toMatchObject({
      reason: 'TOO_GREEN',
      known: false,
      means: 'This kernel gives a reason that this version of pathcap does not know.',
    });
    expect(explainReason('constructor').known).toBe(false);
  });
});

describe('commands', () => {
  it('are made for the packet as it was at the end', () => {
    const commands = ['ip route get {destination} from {source} iif {device}', "ss 'sport = :{destinationPort}'"];
    expect(commandsFor(DROPPED, commands)).toEqual([
      'ip route get 10.77.0.9 from 10.77.0.1 iif v1',
      "ss 'sport = :8080'",
    ]);
  });

  it('name devices with dots as sysctl wants it', () => {
    expect(fillCommand('sysctl net.ipv4.conf.{device}.rp_filter', { device: 'eth0.100' })).toBe(
      'sysctl net.ipv4.conf.eth0/100.rp_filter',
    );
  });

  it('take nothing that a shell would obey', () => {
    expect(fillCommand('ip link show dev {device}', { device: '$(reboot)' })).toBe('ip link show dev DEVICE');
  });

  it.skipIf(!has('linux', 'tool:nstat'))('ask nstat for counters that there are', () => {
    const patterns = [...COMMANDS]
      .filter((command) => command.startsWith('nstat -az') && !command.includes(' | '))
      .flatMap((command) => command.replaceAll("'", '').split(' ').slice(2));
    expect(patterns.length).toBeGreaterThan(50);
    const { stdout } = spawnSync(findTool('nstat')!, ['-az'], { encoding: 'utf8' });
    const counters = stdout.split('\n').map((line) => line.split(' ')[0]!);
    const matches = (pattern: string) => {
      const form = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
      return counters.some((counter) => form.test(counter));
    };
    expect(patterns.filter((pattern) => !matches(pattern) && !NEWER_COUNTERS.includes(pattern))).toEqual([]);
  });
});

/** Counters that kernels before 6.18 lack. */
const NEWER_COUNTERS = [
  'TcpExtBeyondWindow',
  'TcpExtTSEcr*',
  'TcpExtTCPAORequired',
  'TcpExtTCPAOKeyNotFound',
  'TcpExtTCPAOBad',
];
