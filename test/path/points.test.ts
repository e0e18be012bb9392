// The table of points, and how drops find theirs.
import { describe, expect, it } from 'vitest';
import { BANDS, POINT_NAMES, POINTS, pointOf, pointOfDrop, pointsOfFunction, reasonsAt } from '../../src/path/index.ts';

describe('the points', () => {
  it('are all there, in the order of their names and bands', () => {
    expect(POINTS.map(({ name }) => name)).toEqual([...POINT_NAMES]);
    const bands = POINTS.map(({ band }) => BANDS.indexOf(band));
    expect(bands).toEqual([...bands].sort((a, b) => a - b));
    expect(pointOf('udp').band).toBe('transport');
  });

  it.each(POINTS)('$name says what is decided, where, what follows and how it is seen', (row) => {
    expect(row.decides).toMatch(/^[A-Za-z].*\.$/);
    expect(Object.keys(row.functions).every((file) => /^(net|drivers|include)\/.+\.[ch]$/.test(file))).toBe(true);
    expect(Object.values(row.functions).flat().length).toBeGreaterThan(0);
    expect(new Set(row.next).size).toBe(row.next.length);
    expect(row.next).not.toContain(row.name);
    expect(row.observed.length).toBeGreaterThan(0);
    for (const { since } of row.observed) expect(since).toMatch(/^\d\.\d+$/);
  });

  it('lead from every beginning to a socket and to the wire', () => {
    for (const first of ['driver', 'nf.output'] as const) {
      const reached = new Set<string>([first]);
      for (const name of reached) for (const next of pointOf(name as 'driver').next) reached.add(next);
      expect(reached).toContain('transmit');
      expect(reached).toContain('socket.read');
    }
  });

  it('have the reasons that belong to them', () => {
    expect(reasonsAt('backlog')).toEqual(['CPU_BACKLOG', 'DEV_READY']);
    expect(reasonsAt('nf.input')).toEqual(['NETFILTER_DROP']);
  });
});

describe('a drop is at', () => {
  it.each([
    ['nf.input', 'NETFILTER_DROP', 'nf_hook_slow', 'nf.input'],
    ['nf.input', 'NETFILTER_DROP', 'nft_do_chain', 'nf.input'],
    ['nf.prerouting', 'NETFILTER_DROP', 'nf_hook_slow', 'receive'],
    ['nf.forward', 'NETFILTER_DROP', 'nf_hook_slow', 'ip.forward'],
    ['nf.output', 'NETFILTER_DROP', 'nf_hook_slow', 'nf.output'],
    ['nf.ingress', 'NETFILTER_DROP', 'nf_hook_slow', 'nf.ingress'],
    ['udp', 'NO_SOCKET', '__udp4_lib_rcv', 'nf.input'],
    ['udp', 'NO_SOCKET', '__udp4_lib_rcv.isra.0', undefined],
    ['udp', 'UDP_CSUM', '__udp4_lib_rcv', 'nf.input'],
    ['socket.read', 'UDP_CSUM', '__first_packet_length', 'socket.filter'],
    ['socket.queue', 'SOCKET_RCVBUFF', 'udp_queue_rcv_one_skb', 'socket.filter'],
    ['socket.filter', 'SOCKET_FILTER', 'udp_queue_rcv_one_skb', 'nf.input'],
    ['tcp', 'NO_SOCKET', 'tcp_v4_rcv', 'nf.input'],
    ['tcp', 'TCP_FLAGS', 'tcp_v6_do_rcv', 'nf.input'],
    ['tcp', 'NOT_SPECIFIED', 'tcp_v4_rcv', 'nf.input'],
    ['ip.receive', 'OTHERHOST', 'ip_rcv_core', 'receive'],
    ['ip.receive', 'IP_CSUM', 'ip_rcv_core', 'receive'],
    ['ip.receive', 'UNHANDLED_PROTO', 'ip6_rcv_core', 'receive'],
    ['ip.forward', 'IP_INHDR', 'ip_forward', 'route'],
    ['ip.forward', 'PKT_TOO_BIG', 'ip6_forward', 'route'],
    ['route', 'IP_RPFILTER', 'ip_rcv_finish_core', 'nf.prerouting'],
    ['route', 'IP_INHDR', 'ip_rcv_finish_core', 'nf.prerouting'],
    ['route', 'IP_INNOROUTES', 'ip_error', 'nf.prerouting'],
    ['route', 'IP_INNOROUTES', 'ip6_pkt_drop', 'route'],
    ['protocol', 'UNHANDLED_PROTO', '__netif_receive_skb_core', 'receive'],
    ['tc.ingress', 'TC_INGRESS', '__netif_receive_skb_core', 'receive'],
    ['tc.egress', 'TC_EGRESS', '__dev_queue_xmit', 'qdisc'],
    ['qdisc', 'QDISC_DROP', '__dev_queue_xmit', 'qdisc'],
    ['qdisc', 'QDISC_OVERLIMIT', 'fq_codel_enqueue', 'qdisc'],
    ['backlog', 'CPU_BACKLOG', 'enqueue_to_backlog', 'backlog'],
    ['neighbour', 'NEIGH_FAILED', 'arp_error_report', 'neighbour'],
    ['neighbour', 'NEIGH_QUEUEFULL', '__neigh_event_send', 'nf.postrouting'],
    ['ip.deliver', 'FRAG_REASM_TIMEOUT', 'inet_frag_rbtree_purge', 'route'],
    ['nf.prerouting', 'FRAG_REASM_TIMEOUT', 'inet_frag_rbtree_purge', 'nf.prerouting'],
    ['icmp', 'ICMP_CSUM', 'icmp_rcv', 'nf.input'],
    ['icmp', 'IPV6_NDISC_HOP_LIMIT', 'icmpv6_rcv', 'nf.input'],
    ['tap', 'PACKET_SOCK_ERROR', 'tpacket_rcv', 'receive'],
    ['rx_handler', 'MAC_INVALID_SOURCE', 'br_handle_frame', 'receive'],
    ['transmit', 'NOT_SPECIFIED', 'veth_xmit', 'transmit'],
    // Nothing but the reason, nothing but the last point, nothing at all.
    ['xdp', 'XDP', undefined, undefined],
    ['socket.queue', 'SOCKET_RCVBUFF', 'a_function_of_a_later_kernel', 'socket.filter'],
    ['qdisc', 'NOT_SPECIFIED', undefined, 'qdisc'],
    ['receive', 'NOT_SPECIFIED', undefined, undefined],
  ] as const)('%s: %s in %s after %s', (point, reason, name, lastPoint) => {
    expect(pointOfDrop({ reason, function: name, lastPoint })).toBe(point);
  });

  it('also for functions that are in no table, by their beginning', () => {
    expect(pointsOfFunction('nft_payload_eval')[0]).toBe('nf.prerouting');
    expect(pointsOfFunction('cake_dequeue')).toEqual(['qdisc']);
    expect(pointsOfFunction('schedule_timeout')).toEqual([]);
  });
});
