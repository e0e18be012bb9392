// Connections that a saved state has, and rules that remember, by the virtual clock. That the kernel does the same is asked by
// conversation.test.ts.
import { describe, expect, it } from 'vitest';
import { Host, type HostState } from '../../src/stack/index.ts';
import { ethernet, frame, ipv4, tcp, udp } from '../../src/wire/index.ts';

const MAC = '02:00:00:00:00:02';
const SECOND = 1e9;

const ADDRESSES = JSON.stringify([
  {
    ifindex: 2,
    ifname: 'eth0',
    flags: ['UP'],
    mtu: 1500,
    address: MAC,
    addr_info: [{ family: 'inet', local: '10.0.0.2', prefixlen: 24 }],
  },
]);

function hostWith(parts: HostState['parts']): Host {
  const all = { addresses: ADDRESSES, sockets: '', ...parts };
  return new Host({ format: 'pathcap-host', version: 1, host: 'h', kernel: '6.18', time: '', parts: all, missing: {} });
}

const filter = (...rules: readonly string[]) =>
  `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`;

const link = ethernet({ source: '02:00:00:00:00:01', destination: MAC });
const question = (source = '10.0.0.9') =>
  frame(link, ipv4({ source, destination: '10.0.0.2' }), udp({ sourcePort: 4000, destinationPort: 53 }), 'x');

/** Whether the rules let it through to the socket that is not there. */
function passes(host: Host, bytes: Uint8Array): boolean {
  let reason = '';
  host.net.journeys.deliver = ({ outcome, origin }) => {
    if (origin === undefined && outcome.kind === 'dropped') ({ reason } = outcome);
  };
  host.receive('eth0', bytes);
  return reason === 'NO_SOCKET';
}

describe('a rule that remembers', () => {
  it('lets as many through as its burst, and then by its rate: limit', () => {
    const host = hostWith({
      iptables: filter('-A INPUT -m limit --limit 2/min --limit-burst 3 -j ACCEPT', '-A INPUT -j DROP'),
    });
    const pass = () => passes(host, question());
    expect([pass(), pass(), pass(), pass()]).toEqual([true, true, true, false]);
    host.net.nowNs += 29 * SECOND;
    expect(pass()).toBe(false);
    host.net.nowNs += SECOND;
    expect([pass(), pass()]).toEqual([true, false]);
  });

  it('refuses who came too often of late: recent', () => {
    const host = hostWith({
      iptables: filter(
        '-A INPUT -m recent --update --seconds 60 --hitcount 3 --name LOG --mask 255.255.255.255 --rsource -j DROP',
        '-A INPUT -m recent --set --name LOG --mask 255.255.255.255 --rsource',
      ),
    });
    const pass = (source?: string) => passes(host, question(source));
    expect([pass(), pass(), pass(), pass(), pass('10.0.0.10')]).toEqual([true, true, true, false, true]);
    host.net.nowNs += 61 * SECOND;
    expect(pass()).toBe(true);
  });

  it('takes bytes until there are no more: quota', () => {
    // 29 bytes each.
    const host = hostWith({ iptables: filter('-A INPUT -m quota --quota 60 -j ACCEPT', '-A INPUT -j DROP') });
    expect([1, 2, 3].map(() => passes(host, question()))).toEqual([true, true, false]);
  });

  it('takes every nth: statistic', () => {
    const host = hostWith({
      iptables: filter('-A INPUT -m statistic --mode nth --every 3 --packet 0 -j DROP'),
    });
    expect([1, 2, 3, 4].map(() => passes(host, question()))).toEqual([false, true, true, false]);
  });
});

describe('a connection', () => {
  const LISTED =
    'ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.9 dst=10.0.0.2 sport=40000 dport=22 ' +
    'src=10.0.0.2 dst=10.0.0.9 sport=22 dport=40000 [ASSURED] mark=7 zone=0 use=2\n';
  const STATEFUL = filter(
    '-A INPUT -m conntrack --ctstate ESTABLISHED -m connmark --mark 0x7 -j ACCEPT',
    '-A INPUT -j DROP',
  );
  const segment = frame(
    link,
    ipv4({ source: '10.0.0.9', destination: '10.0.0.2' }),
    tcp({ sourcePort: 40_000, destinationPort: 22, sequence: 5, acknowledgment: 6, ack: true }),
  );

  it('is known from the saved state, until its time is over', () => {
    const host = hostWith({ iptables: STATEFUL, conntrack: LISTED });
    expect(passes(host, segment)).toBe(true);
    host.net.nowNs += 432_001 * SECOND;
    expect(passes(host, segment)).toBe(false);
    expect(host.assumptions.join()).not.toContain('no connection is known');
  });

  it('is not known without', () => {
    const host = hostWith({ iptables: STATEFUL });
    expect(passes(host, segment)).toBe(false);
    expect(host.assumptions).toContain('no connection is known: the first packet of each begins one');
  });

  it('is tracked only where a rule asks', () => {
    expect(hostWith({ iptables: filter('-A INPUT -p tcp -j ACCEPT') }).net.conntrack).toBeUndefined();
  });

  it('leaves the table of as many as it may have by making room', () => {
    const host = hostWith({
      iptables: STATEFUL.replace('-A INPUT -j DROP\n', ''),
      sysctls: 'net.netfilter.nf_conntrack_max = 4',
    });
    for (let i = 0; i < 64; i++) passes(host, question(`10.0.0.${100 + i}`));
    expect(host.net.conntrack!.table.count).toBeLessThanOrEqual(4);
  });
});

describe('rules of NAT', () => {
  const nat = (rule: string) =>
    `*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n${rule}\nCOMMIT\n`;

  it.each([
    ['-A PREROUTING -j DNAT --to-destination 10.0.0.300', 'line 6: 10.0.0.300 is no IPv4 address'],
    ['-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.3:99999', 'line 6: 99999 is no port'],
    ['-A POSTROUTING -j MASQUERADE --to 3', 'line 6: --to is no option of MASQUERADE'],
    ['-A PREROUTING -m conntrack --ctstate OLD -j RETURN', 'line 6: OLD is no state of a connection'],
    ['-A PREROUTING -m limit --limit x -j RETURN', 'line 6: x is no rate'],
  ])('that are wrong are refused: %s', (rule, message) => {
    expect(() => hostWith({ iptables: nat(rule) })).toThrow(`cannot read the iptables rules: ${message}`);
  });

  it('are told in the journey: what the packet was, and what it became', () => {
    const host = hostWith({ iptables: nat('-A PREROUTING -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353') });
    const changed: unknown[] = [];
    host.net.journeys.deliver = ({ steps }) => changed.push(...steps.flatMap((step) => step.changed ?? []));
    host.receive('eth0', question());
    expect(changed).toContainEqual({ field: 'destinationPort', from: 53, to: 5353 });
  });
});
