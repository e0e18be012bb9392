// How the demo overflows the queue of a CPU without touching anything that is not its own: the server's card hands its packets
// to another CPU (receive packet steering), where each has to pass some thousand routing rules.
// Documentation/networking/scaling.rst; net/core/dev.c, get_rps_cpu and enqueue_to_backlog (v6.18).
import { readFileSync } from 'node:fs';
import { allowedCpus, FrameSocket, onCpu, SystemError } from '../linux/index.ts';
import type { SceneStage } from './demo-scene-stage.ts';
import { CLIENT, SERVER } from './demo-stage.ts';

/** Room for more frames under way than the backlog holds (netdev_max_backlog, 1000). */
const SEND_BUFFER_BYTES = 16 << 20;

/** Frames between two looks at the counter. */
const BURST = 100;

/** Routing rules that fit no packet, before the usual ones; what then goes to `destination` vanishes in a black hole. */
export function slowDownRouting(
  stage: SceneStage,
  { destination, rules }: { destination: string; rules: number },
): void {
  const priorities = Array.from({ length: rules }, (_, index) => rules - index);
  const batch = (word: 'add' | 'delete') =>
    [
      `route ${word} blackhole ${destination}`,
      ...priorities.map((priority) => `rule ${word} priority ${priority} fwmark ${priority} table main`),
    ].join('\n');
  stage.run('server', ['ip', '-batch', '-'], batch('add'));
  stage.undo(() => stage.run('server', ['ip', '-batch', '-'], batch('delete')));
}

/** Sends a frame again and again until some were dropped for want of room, at most `most` times. */
export function overflowBacklog(stage: SceneStage, frame: Uint8Array, most: number): void {
  const options = { sendBufferBytes: SEND_BUFFER_BYTES };
  using socket = stage.inside('client', () => new FrameSocket(CLIENT.name, options));
  const [ours, others] = allowedCpus() as [number, number];
  steer(stage, 1n << BigInt(others));
  stage.undo(() => steer(stage, 0n));
  const before = dropped(stage);
  onCpu(ours, () => {
    for (; stage.sent < most && dropped(stage) === before; stage.sent += BURST) {
      for (let i = 0; i < BURST; i++) offer(socket, frame);
    }
  });
}

/** veth tells its sender that the other end had no room; which is what is wanted here. */
function offer(socket: FrameSocket, frame: Uint8Array): void {
  try {
    socket.send(frame);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'ENOBUFS')) throw error;
  }
}

/** Lets a set of CPUs receive what comes to the server. Only a sysfs mounted in its namespace shows its devices. */
function steer(stage: SceneStage, cpus: bigint): void {
  const queue = `/sys/class/net/${SERVER.name}/queues/rx-0/rps_cpus`;
  const script = `mount -t sysfs sysfs /sys && echo ${cpus.toString(16)} > ${queue}`;
  stage.run('server', ['unshare', '--mount', 'sh', '-c', script]);
}

/** rx_dropped of the server's card. */
function dropped(stage: SceneStage): number {
  const lines = stage.inside('server', () => readFileSync('/proc/thread-self/net/dev', 'latin1')).split('\n');
  const counters = lines
    .find((line) => line.trim().startsWith(`${SERVER.name}:`))!
    .trim()
    .split(/\s+/);
  return Number(counters[4]);
}
