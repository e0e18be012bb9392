// The points of a packet's way through the kernel, by name: these names stand in output, JSON, docs and the page. What each
// is, and how it is observed, stands in points.ts.

/** In the order in which a packet that is received, and then sent out again, passes them. */
export const POINT_NAMES = [
  // device
  'driver',
  'napi',
  'xdp',
  'gro',
  'backlog',
  // core
  'receive',
  'tap',
  'tc.ingress',
  'nf.ingress',
  'vlan',
  'rx_handler',
  'protocol',
  // network
  'arp',
  'ip.receive',
  'nf.prerouting',
  'route',
  'ip.deliver',
  'nf.input',
  'ip.forward',
  'nf.forward',
  // transport
  'icmp',
  'tcp',
  'udp',
  'raw',
  // socket
  'socket.filter',
  'socket.queue',
  'socket.read',
  // output
  'ip.output',
  'nf.output',
  'nf.postrouting',
  'neighbour',
  'nf.egress',
  'tc.egress',
  'qdisc',
  'transmit',
] as const;

export type PointName = (typeof POINT_NAMES)[number];
