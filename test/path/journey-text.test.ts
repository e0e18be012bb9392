// Journeys as people read them: whole blocks, which were read.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, journeyText, mergeSteps, outcomeText, packetWords } from '../../src/path/index.ts';
import { anyJourney, CONSUMED, DELIVERED, DROPPED, FORWARDED, QUEUED, UNKNOWN } from '../support/journeys.ts';

const namespaceName = (inode: number) => (inode === 4026532305 ? 'server' : undefined);

describe('a journey as text', () => {
  it('dropped behind NAT in another namespace', () => {
    expect(journeyText(DROPPED, { namespaceName })).toMatchInlineSnapshot(`
      "1f3a  06:42:55.123456  IP 10.77.0.1.1024 > 10.77.0.2.80: UDP, length 16
                ┌ namespace 4026531833
              0 │ nf.output       accept
        +800 ns │ nf.postrouting  accept
                ├ v0 in namespace 4026531833
       +1.40 µs │ qdisc
       +2.00 µs │ transmit
                ├ v1 in namespace server
       +2.14 µs │ backlog
       +14.2 µs │ receive
       +15.0 µs │ nf.prerouting   accept   destination 10.77.0.2:80 → 10.77.0.9:8080  took 2.35 µs
       +17.8 µs │ route                    table local
       +18.6 µs │ nf.input        drop
                └ ✘ DROPPED at nf.input: NETFILTER_DROP in nf_hook_slow
                    A rule, a chain policy or connection tracking refused the packet on this hook of
                    netfilter (iptables, nftables).
                    Look at the rules of this hook with their counters, or let nftables tell which rule
                    decides; a full connection table drops as well.
                    $ nft -a list ruleset
                    $ iptables-save -c; ip6tables-save -c
                    $ nft monitor trace   # needs a rule: meta nftrace set 1
                    $ conntrack -S; sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max
      "
    `);
  });

  it('delivered', () => {
    expect(journeyText(DELIVERED)).toMatchInlineSnapshot(`
      "1f3b  06:42:55.123456  IP 10.77.0.1.1024 > 10.77.0.2.80: UDP, length 16
                ┌ namespace 4026531833
              0 │ nf.output       accept
        +800 ns │ nf.postrouting  accept
                ├ v0 in namespace 4026531833
       +1.40 µs │ qdisc
       +2.00 µs │ transmit
                ├ v1 in namespace 4026532305
       +2.14 µs │ backlog
       +14.2 µs │ receive
       +15.0 µs │ nf.prerouting   accept   destination 10.77.0.2:80 → 10.77.0.9:8080  took 2.35 µs
       +17.8 µs │ route                    table local
       +18.6 µs │ nf.input        accept
       +19.1 µs │ socket.filter
       +1.25 ms │ socket.read              bytes 16
                └ ✔ DELIVERED to udp 10.77.0.9:8080, inode 4711 of nc (pid 812), read
      "
    `);
  });

  it('forwarded, and not all of it seen', () => {
    expect(journeyText(FORWARDED)).toMatchInlineSnapshot(`
      "2a  06:42:56.5  IP6 2001:db8::1 > 2001:db8:1::2: ICMP6, echo request, id 4660, seq 1, length 8
                ┌ eth0 in namespace 4026531833
              0 │ gro
        +410 ns │ receive
                ├ eth1 in namespace 4026531833
       +5.32 µs │ transmit                 ttl 64 → 63
                └ ➜ FORWARDED out of eth1 to fe80::2
                    ▲ incomplete: netfilter hooks cannot be observed before Linux 6.4 without fentry
      "
    `);
  });

  it('consumed, a copy of another', () => {
    expect(journeyText(CONSUMED)).toMatchInlineSnapshot(`
      "2b  06:42:56.5  ARP, Request who-has 10.77.0.2 tell 10.77.0.1, length 28
                    copy of 2a
                ┌ eth0
              0 │ receive
                └ ● CONSUMED at arp by arp_process
                    ▲ incomplete: netfilter hooks cannot be observed before Linux 6.4 without fentry
      "
    `);
  });

  it('queued, and unknown, in ASCII', () => {
    expect(journeyText(QUEUED, { ascii: true }) + journeyText(UNKNOWN, { ascii: true })).toMatchInlineSnapshot(`
      "2c  06:42:55.123456  IP 10.77.0.1.1024 > 10.77.0.2.80: UDP, length 24
                + v1
              0 | receive
                + . QUEUED at ip.deliver, waiting for the other fragments
      2d  06:42:55.123456  IP 10.77.0.1.1024 > 10.77.0.2.80: UDP, length 24
                + v1
              0 | receive
                + ? UNKNOWN after receive: nothing was seen of it for 2 s
      "
    `);
  });

  it('in colour', () => {
    expect(journeyText(DROPPED, { colour: true, explain: false })).toMatchInlineSnapshot(`
      "[36m1f3a[0m  [2m06:42:55.123456[0m  [1mIP 10.77.0.1.1024 > 10.77.0.2.80: UDP, length 16[0m
                [2m┌[0m [33mnamespace 4026531833[0m
      [2m        0[0m [2m│[0m nf.output       [32maccept  [0m
      [2m  +800 ns[0m [2m│[0m nf.postrouting  [32maccept  [0m
                [2m├[0m [1;33mv0[0m[33m in namespace 4026531833[0m
      [2m +1.40 µs[0m [2m│[0m qdisc
      [2m +2.00 µs[0m [2m│[0m transmit
                [2m├[0m [1;33mv1[0m[33m in namespace 4026532305[0m
      [2m +2.14 µs[0m [2m│[0m backlog
      [2m +14.2 µs[0m [2m│[0m receive
      [2m +15.0 µs[0m [2m│[0m nf.prerouting   [32maccept  [0m [33mdestination 10.77.0.2:80 → 10.77.0.9:8080[0m  [2mtook 2.35 µs[0m
      [2m +17.8 µs[0m [2m│[0m route                    [2mtable local[0m
      [2m +18.6 µs[0m [2m│[0m nf.input        [31mdrop    [0m
                [2m└[0m [1;31m✘ DROPPED[0m[31m at nf.input: NETFILTER_DROP in nf_hook_slow[0m
      "
    `);
  });

  it('with rule and socket of a drop', () => {
    const socket = {
      protocol: 'udp',
      local: { address: '::1', port: 53 },
      remote: { address: '::2', port: 9 },
      inode: 4711,
    };
    const rule = { by: 'model', table: 'filter', chain: 'INPUT', line: 7, text: '-A INPUT -j DROP' } as const;
    const outcome = { kind: 'dropped', point: 'nf.input', reason: 'NETFILTER_DROP', rule, socket } as const;
    expect(
      journeyText({ ...DROPPED, outcome }, { explain: false })
        .split('\n')
        .slice(-4),
    ).toEqual([
      '          └ ✘ DROPPED at nf.input: NETFILTER_DROP',
      '              rule (model): table filter, chain INPUT, line 7: -A INPUT -j DROP',
      '              socket: udp [::1]:53 from [::2]:9, inode 4711',
      '',
    ]);
  });

  it('keeps to the width that it is given, as far as commands allow', () => {
    const lines = journeyText(DROPPED, { width: 50 }).split('\n');
    const explanation = lines.slice(lines.findIndex((line) => line.includes('DROPPED')) + 1);
    expect(explanation.filter((line) => !line.includes('$ ')).every((line) => line.length <= 50)).toBe(true);
  });

  it('of any journey is lines that a terminal shows and does not obey', () => {
    fc.assert(
      fc.property(anyJourney, (journey) => {
        expect(journeyText(journey)).toMatch(/^([^\x00-\x1f\x7f-\x9f]*\n)+$/);
      }),
    );
  });
});

describe('steps', () => {
  it('are one a point, with the verdict and the changes of all', () => {
    expect(mergeSteps(DROPPED)[6]).toEqual({
      point: 'nf.prerouting',
      sinceStartNs: 15_000,
      tookNs: 2350,
      device: 'v1',
      namespace: 4026532305,
      verdict: 'accept',
      changed: [
        { field: 'destination', from: '10.77.0.2', to: '10.77.0.9' },
        { field: 'destinationPort', from: 80, to: 8080 },
      ],
    });
  });

  it('leave out what changed and changed back', () => {
    const there = [{ field: 'mark', from: 0, to: 7 }];
    const back = [{ field: 'mark', from: 7, to: 0 }];
    const steps = [
      { point: 'nf.input', sinceStartNs: 0, changed: there },
      { point: 'nf.input', sinceStartNs: 0, changed: back },
    ] as const;
    expect(mergeSteps({ steps })).toEqual(
      [{ point: 'nf.input', sinceStartNs: 0, changed: there }].map(({ changed: _, ...one }) => one),
    );
  });
});

describe('words', () => {
  it.each([
    [0, '0 ns'],
    [1, '1 ns'],
    [999, '999 ns'],
    [1000, '1.00 µs'],
    [2140, '2.14 µs'],
    [14_200, '14.2 µs'],
    [145_499, '145 µs'],
    [1_250_000, '1.25 ms'],
    [2.5e9, '2.50 s'],
    [31e9, '31.0 s'],
    [120e9, '120 s'],
  ])('of %d ns: %s', (ns, text) => {
    expect(formatDuration(ns)).toBe(text);
  });

  it('of a packet are those of tcpdump, or what is known without its bytes', () => {
    expect(packetWords(DROPPED.packet)).toBe('IP 10.77.0.1.1024 > 10.77.0.2.80: UDP, length 16');
    expect(packetWords({ ...DROPPED.packet, bytes: '' })).toBe('udp 10.77.0.1.1024 > 10.77.0.2.80, length 44');
    expect(packetWords({ length: 50, protocol: '0x88b5', etherType: 0x88b5, bytes: '' })).toBe('0x88b5, length 50');
  });

  it('of a container are short', () => {
    const process = { pid: 7, name: 'dnsd', container: '0123456789abcdef0123456789abcdef' };
    const outcome = { kind: 'delivered', point: 'socket.queue', process, read: false } as const;
    expect(outcomeText(outcome)).toBe(
      'delivered at socket.queue of dnsd (pid 7) in container 0123456789ab, not read yet',
    );
  });
});
