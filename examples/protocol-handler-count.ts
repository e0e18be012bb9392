// A protocol handler for every frame, as dev_add_pack registers one: counts and prints. node protocol-handler-count.js
import { devAddPack, ETH_P_ALL, Net, NetDevice, receiveFrame } from 'pathcap/stack';
import { ethernet, frame, ipv4, udp } from 'pathcap/wire';

const net = new Net({ host: 'here', kernel: '6.18.0' });
const dev = new NetDevice({ name: 'eth0', ifindex: 2 });
net.registerNetdev(dev);

let count = 0;
devAddPack(net, {
  type: ETH_P_ALL,
  func: (skb, from) => {
    console.log(`${++count}: ${from.name}, ${skb.len} bytes`);
    net.consumeSkb(skb, { kind: 'unknown', point: 'protocol', why: 'the handler only counts' });
  },
});

const link = ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' });
const ip = ipv4({ source: '10.0.0.1', destination: '10.0.0.2' });
for (const payload of ['a', 'bb', 'ccc']) {
  receiveFrame(net, dev, frame(link, ip, udp({ sourcePort: 1, destinationPort: 2 }), payload));
}
