// What a filter for probes asks of packets: whether those without IP, or their link-layer headers, matter.
import { describe, expect, it } from 'vitest';
import { compileForProbes } from '../../src/trace/probe-filter.ts';

describe('a filter for probes', () => {
  it.each([
    ['udp port 53', true],
    ['ip6', true],
    ['tcp and (host 10.0.0.1 or net 2001:db8::/32)', true],
    ['icmp or icmp6 or udp', true],
    ['ip and not udp', true],
    ['arp or udp', false],
    ['not tcp', false],
    ['host 10.0.0.1', false], // ARP asks for it, too
    ['udp and ether src 02:00:00:00:00:01', false],
    ['udp and greater 100', false],
    ['inbound and udp', false],
    ['vlan 5 and udp', false],
    ['', false],
  ])('can be asked where IP begins, and loses nothing by that: %s', (filter, wanted) => {
    expect(compileForProbes({ filter }).isOfNetwork).toBe(wanted);
  });

  it('is asked of bytes where they lie, unless it asks for more', () => {
    expect(compileForProbes({ filter: 'udp port 53' }).direct).toBeDefined();
    expect(compileForProbes({ filter: 'inbound' }).direct).toBeUndefined();
  });

  it('looks into tunnels, where there may be IP without IP around it', () => {
    expect(compileForProbes({ filter: 'udp', deep: true }).isOfNetwork).toBe(false);
  });
});
