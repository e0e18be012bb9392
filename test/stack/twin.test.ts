// The model beside the real kernel: the same host, the same frames, what became of each compared: outcome, point and reason of
// the packet and of what the host answered. Hosts and frames are generated from a printed seed.
import { describe, expect, it } from 'vitest';
import { has } from '../support/needs.ts';
import { Random, seedFor } from '../support/random.ts';
import { caseOf, differences, FRAMES, hostWith } from './twin-cases.ts';

const RULES = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p icmp -m icmp --icmp-type 13 -j DROP
-A PREROUTING -p tcp -m tcp --dport 80 --tcp-flags FIN,SYN FIN,SYN -j DROP
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -s 10.50.0.0/17 -j MARK --set-xmark 0x7/0xff
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:services - [0:0]
-A INPUT -i v1 -p tcp -j services
-A INPUT -p udp -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable
-A INPUT -p icmp -m icmp --icmp-type 8 -m mark --mark 0x7/0xff -j DROP
-A INPUT -m addrtype --dst-type BROADCAST -j DROP
-A INPUT -m ttl --ttl-lt 1 -j DROP
-A FORWARD -i v1 -o w+ -p udp -m multiport --dports 53,1000:2000 -j ACCEPT
-A FORWARD ! -s 10.50.128.0/17 -p icmp -j ACCEPT
-A FORWARD -m length --length 100:65535 -j REJECT --reject-with icmp-admin-prohibited
-A services -p tcp -m tcp --dport 22 --tcp-flags FIN,SYN,RST,ACK SYN -j RETURN
-A services -p tcp -m tcp --dport 22 -j REJECT --reject-with tcp-reset
-A services -m iprange --src-range 10.50.0.0-10.50.63.255 -j DROP
COMMIT
`;

/** A rule that asks for connections, and lets everything through. */
const TRACKING = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
COMMIT
`;

describe.skipIf(!has('root', 'linux', 'tool:ip', 'tool:ss', 'tool:sysctl', 'tool:iptables'))('the model', () => {
  const random = new Random(seedFor('twins'));
  const cases = () => Array.from({ length: FRAMES }, (_, i) => caseOf(random, i));

  it.each([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [1, 2],
  ] as const)(
    'agrees with the kernel: forwarding %s, rp_filter %s',
    { timeout: 120_000 },
    async (forwarding, rpFilter) => {
      using world = hostWith(forwarding, rpFilter);
      expect(await differences(world, cases())).toEqual([]);
    },
  );

  it('agrees with the kernel on rules of iptables', { timeout: 120_000 }, async () => {
    using world = hostWith(1, 0);
    world.run('iptables-restore', RULES);
    expect(await differences(world, cases())).toEqual([]);
  });

  it('agrees with the kernel where connections are tracked: what netfilter has summed up', {
    timeout: 120_000,
  }, async () => {
    using world = hostWith(1, 0);
    world.run('iptables-restore', TRACKING);
    expect(await differences(world, cases())).toEqual([]);
  });
});
