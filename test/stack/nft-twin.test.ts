// Rules of nftables in the model beside the real kernel: see twin.test.ts.
import { describe, expect, it } from 'vitest';
import { has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';
import { caseOf, differences, FRAMES, hostWith } from './twin-cases.ts';

// What looks routes up only sets a mark: the observer takes a look-up inside a hook for routing, and the drop for one behind it.
const FILTER = `
table inet f {
  set networks {
    type ipv4_addr
    flags interval
    elements = { 10.50.0.0/18, 10.50.100.7-10.50.110.20, 192.0.2.1 }
  }
  set services {
    type ipv4_addr . inet_service
    flags interval
    elements = { 10.50.128.0/17 . 53, 10.50.0.0/16 . 79-81 }
  }
  set ways {
    type ifname . inet_proto
    elements = { "v1" . tcp, "v1" . icmp }
  }
  map byPort {
    type inet_service : verdict
    elements = { 22 : goto ssh, 80 : jump web, 4242 : drop }
  }
  map marks {
    type ipv4_addr : mark
    flags interval
    elements = { 10.50.0.0/17 : 0x7, 10.50.128.0-10.50.191.255 : 0x10 }
  }
  chain early {
    type filter hook prerouting priority raw; policy accept;
    meta mark set ip saddr map @marks
    icmp type { timestamp-request, timestamp-reply } drop
    tcp flags & (fin | syn) == (fin | syn) counter drop
    @th,16,16 4242 @nh,64,8 < 2 drop
    ether saddr 02:00:00:00:05:77 drop
    fib daddr type broadcast udp dport 53 meta mark set 0x99
    fib saddr . iif oif missing meta mark set 0x98
  }
  chain ssh {
    tcp flags & (fin | syn | rst | ack) == syn return
    reject with tcp reset
  }
  chain web {
    ip saddr @networks reject with icmp type host-prohibited
    ip saddr . tcp dport @services accept
    tcp dport != 80 drop
  }
  chain in {
    type filter hook input priority filter; policy accept;
    meta mark 0x98-0x99 drop
    ct state vmap { invalid : drop, established : accept, related : accept }
    iifname "v*" meta l4proto { tcp, udp } th dport vmap @byPort
    udp dport 53 reject
    meta mark & 0xf == 7 icmp type echo-request drop
    iifname . meta l4proto @ways meta length 0-60 ip ttl > 60 drop
  }
  chain through {
    type filter hook forward priority filter; policy drop;
    iif v1 oifname "w0" udp dport { 53, 1000-2000 } accept
    ip saddr != 10.50.128.0/17 meta l4proto icmp accept
    ip length 100-65535 reject with icmpx admin-prohibited
    meta mark 0x10 goto ssh
  }
}
table ip later {
  chain in {
    type filter hook input priority filter + 10; policy accept;
    ip saddr & 0.0.0.3 == 0.0.0.1 ip frag-off & 0x4000 != 0 tcp dport 80 drop
    pkttype != host meta l4proto icmp drop
    ip daddr . tcp dport vmap { 10.0.0.2 . 22 : accept, 10.0.0.0/8 . 1-79 : drop }
  }
}
`;

const REMEMBERING = `
table inet f {
  set seen {
    type ipv4_addr . inet_service
    flags dynamic,timeout
    timeout 60s
    size 1000
  }
  set few {
    type inet_service
    flags dynamic
    size 2
  }
  chain out {
    type route hook output priority mangle; policy accept;
    icmp type echo-reply meta mark set 5
    icmp type destination-unreachable drop
    tcp flags & rst == rst accept
  }
  chain kinds {
    icmp code < 1 return
    icmp code >= 2 goto rest
    accept
  }
  chain rest {
    ip ttl 1-63 drop
    ip id 0 ip checksum != 0 return
    ip dscp { cs0, af11 } accept
  }
  chain in {
    type filter hook input priority filter; policy drop;
    notrack
    ct state untracked ip daddr 10.0.0.2 udp dport 4242 accept
    tcp dport 22 add @seen { ip saddr . tcp dport } ip saddr . tcp dport @seen reject with tcp reset
    udp checksum 3 update @few { udp dport } drop
    icmp type vmap { echo-request : accept, 12-14 : jump kinds, redirect : continue }
    icmp type != { 0, 3 } icmp code 2 drop
    ip saddr 10.50.0.0/16 limit rate over 10000/second burst 10000 packets drop
    ip protocol udp udp length > 20 reject with icmp 13
    ip protocol icmp accept
  }
  chain through {
    type filter hook forward priority mangle; policy accept;
    ip ttl set 9 tcp option maxseg size set 1000
    ip dscp set cs1 ip dscp cs1 udp dport 53 drop
  }
}
`;

const NAT = `
table ip n {
  map forwards {
    type inet_service : ipv4_addr . inet_service
    elements = { 80 : 10.9.0.9 . 8080, 22 : 10.20.1.1 . 2222 }
  }
  chain pre {
    type nat hook prerouting priority dstnat; policy accept;
    ip saddr 10.50.0.0/18 dnat to tcp dport map @forwards
    ip saddr 10.50.64.0/18 udp dport 4242 redirect to :53
    ip daddr 8.8.8.8 dnat to 10.9.0.9
    ip daddr 10.9.0.1 udp dport 53 drop
  }
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr 10.50.128.0/17 oifname "w0" masquerade
    ip saddr 10.50.0.0/18 snat to 10.9.0.77
  }
}
table ip f {
  chain through {
    type filter hook forward priority filter; policy accept;
    ct status dnat tcp dport 2222 drop
    ct original ip daddr 8.8.8.8 ct mark set 5
    ct mark 5 udp dport 53 reject
  }
  chain in {
    type filter hook input priority filter; policy accept;
    ct state invalid drop
    ct direction original meta l4proto udp ct original proto-dst 4242 ct status dnat accept
    udp dport 53 drop
  }
}
`;

const needs = ['root', 'linux', 'tool:ip', 'tool:ss', 'tool:sysctl', 'tool:nft'] as const;

describe.skipIf(!has(...needs))('the model with rules of nftables', () => {
  const random = new Random(seedFor('nft twins'));
  const cases = () => Array.from({ length: FRAMES }, (_, i) => caseOf(random, i));

  it.each([
    ['of the filter', FILTER],
    ['of NAT', NAT],
    ['that remember and write', REMEMBERING],
  ])('agrees with the kernel on those %s', { timeout: 120_000 }, async (_, rules) => {
    using world = hostWith(1, 0);
    world.run('nft -f -', rules);
    expect(await differences(world, cases())).toEqual([]);
  });
});
