// Receive livelock: offered against delivered load, with an interrupt for each frame, and with NAPI. A packet takes 4 us, an
// interrupt 2 us, and interrupts come first. node livelock.js
import { devAddPack, ETH_P_ALL, Net, NetDevice, netRxAction, RxRing, receiveFrame } from 'pathcap/stack';
import { ethernet, frame, ipv4, udp } from 'pathcap/wire';

const PACKET_NS = 4000;
const INTERRUPT_NS = 2000;
const DURATION_NS = 50_000_000;
const FRAME = frame(
  ethernet({ source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' }),
  ipv4({ source: '10.0.0.1', destination: '10.0.0.2' }),
  udp({ sourcePort: 1, destinationPort: 2 }),
);

/** Packets delivered per second. */
function delivered(offered: number, hasNapi: boolean): number {
  const net = new Net({ host: 'here', kernel: '6.18.0' });
  const dev = new NetDevice({ name: 'eth0', ifindex: 2, kind: hasNapi ? 'physical' : 'veth' });
  net.registerNetdev(dev);
  net.packetNs = PACKET_NS;
  const ring = new RxRing(net, dev);
  const periodNs = 1e9 / offered;
  let nextNs = 0;
  let count = 0;
  const arrive = () => {
    for (; nextNs <= net.nowNs && net.nowNs < DURATION_NS; nextNs += periodNs) {
      if (!hasNapi) receiveFrame(net, dev, FRAME);
      if (!hasNapi || ring.arrive(FRAME)) net.nowNs += INTERRUPT_NS;
    }
  };
  devAddPack(net, {
    type: ETH_P_ALL,
    func: (skb) => {
      if (net.nowNs <= DURATION_NS) count++;
      net.consumeSkb(skb, { kind: 'unknown', point: 'protocol', why: 'it is only counted' });
      arrive();
    },
  });
  while (net.nowNs < DURATION_NS) {
    arrive();
    if (net.cpu.pollList.length > 0) netRxAction(net, net.cpu);
    else net.nowNs = Math.max(net.nowNs, nextNs);
  }
  return count / (DURATION_NS / 1e9);
}

console.log('offered  interrupts     NAPI');
for (const offered of [50, 100, 150, 200, 250, 300, 400, 500, 600]) {
  const [interrupts, napi] = [false, true].map((hasNapi) => Math.round(delivered(offered * 1000, hasNapi) / 1000));
  console.log(`${offered}k`.padStart(7), `${interrupts}k`.padStart(11), `${napi}k`.padStart(8));
}
