// A protocol handler on ETH_P_ALL that prints for whom each frame was, its device, and what it carries. node packet-types.js
//
// PACKET_LOOPBACK, a copy that the host sends to itself, is named too; nothing here sends one.
import { devAddPack, ETH_P_ALL } from 'pathcap/stack';
import { ETHER_TYPE, ethernet, frame, IP_PROTOCOL, IPV4, icmp, ipv4, PACKET_TYPE, udp } from 'pathcap/wire';
import { ETH0_MAC, exampleHost, NEIGHBOUR_MAC } from './example-host.ts';

const TYPE_NAMES = new Map<number, string>(
  Object.entries(PACKET_TYPE).map(([name, number]) => [number, `PACKET_${name}`]),
);
const PROTOCOL_NAMES = new Map<number, string>(Object.entries(IP_PROTOCOL).map(([name, number]) => [number, name]));

const host = exampleHost();
devAddPack(host.net, {
  type: ETH_P_ALL,
  func: (skb, dev) => {
    const type = TYPE_NAMES.get(skb.pktType) ?? String(skb.pktType);
    const etherType = `0x${skb.protocol.toString(16).padStart(4, '0')}`;
    const protocol = skb.protocol === ETHER_TYPE.IPV4 ? skb.head[skb.networkHeader + IPV4.protocol]! : undefined;
    const carried = protocol === undefined ? '' : `, ${PROTOCOL_NAMES.get(protocol) ?? protocol}`;
    console.log(`${type.padEnd(16)} ${dev.name}, protocol ${etherType}${carried}`);
    host.net.skbs.release(skb);
  },
});

const send = (destination: string, address: string, body = udp({ sourcePort: 1000, destinationPort: 53 })) =>
  host.receive(
    'eth0',
    frame(
      ethernet({ source: NEIGHBOUR_MAC, destination }),
      ipv4({ source: '10.0.0.9', destination: address }),
      body,
      'hello',
    ),
  );
send(ETH0_MAC, '10.0.0.2');
send('ff:ff:ff:ff:ff:ff', '10.0.0.255');
send('01:00:5e:00:00:01', '224.0.0.1');
send('02:00:00:00:00:99', '10.0.0.2');
// Answered: the reply is seen on its way out.
send(ETH0_MAC, '10.0.0.2', icmp({ type: 8, identifier: 1, sequence: 1 }));
