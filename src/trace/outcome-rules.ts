// What became of a packet, from what was seen of it: a table of rules, the first that fits decides.
import {
  type Outcome,
  type PointName,
  type ProcessInfo,
  pointOfDrop,
  type RuleInfo,
  type SocketInfo,
  type Step,
} from '../path/index.ts';
import { type Closing, STATE } from './joiner.ts';

/** What the events said, besides the steps. */
export interface Seen {
  /** STATE of joiner.ts. */
  readonly state: number;
  readonly drop?: {
    readonly point: PointName;
    readonly reason: string;
    readonly function: string | undefined;
    readonly location: string;
    readonly device: string | undefined;
    readonly rule?: RuleInfo | undefined;
  };
  readonly socket?: SocketInfo;
  readonly process?: ProcessInfo | undefined;
  /** Of the route or the neighbour. */
  readonly nextHop?: string;
  /** Function that freed it, when it was used up. */
  readonly consumer?: string | undefined;
  readonly fragment?: boolean;
  /** Of TCP: whether it carries data. */
  readonly hasData?: boolean | undefined;
  /** The last step is a hook that was entered and not left. */
  readonly entered?: boolean;
}

interface Rule {
  readonly fits: (seen: Seen, last: Step, closing: Closing) => boolean;
  readonly outcome: (seen: Seen, last: Step) => Outcome;
}

/** veth and lo hand what is sent to the receiving side as the same sk_buff: one that is sent and not received there is not gone yet. */
const RULES: readonly Rule[] = [
  {
    fits: ({ drop }) => drop !== undefined,
    outcome: ({ drop, socket }) => ({
      kind: 'dropped',
      point: drop!.point,
      reason: drop!.reason,
      ...(drop!.function === undefined ? {} : { function: drop!.function }),
      location: drop!.location,
      ...(drop!.device === undefined ? {} : { device: drop!.device }),
      ...(socket === undefined ? {} : { socket }),
      ...(drop!.rule === undefined ? {} : { rule: drop!.rule }),
    }),
  },
  {
    // What a socket's queue did not take was dropped there.
    fits: ({ state, socket }, last) =>
      (state & (STATE.inSocket | STATE.read)) !== 0 || (last.point === 'socket.queue' && socket !== undefined),
    outcome: ({ state, socket, process, hasData }, last) => ({
      kind: 'delivered',
      point: last.point,
      ...(socket === undefined ? {} : { socket }),
      ...(process === undefined ? {} : { process }),
      ...readOf((state & STATE.read) !== 0, hasData, socket),
    }),
  },
  {
    fits: (_, last) => last.point === 'transmit' && last.device !== undefined,
    outcome: ({ nextHop }, last) => ({
      kind: 'forwarded',
      point: 'transmit',
      device: last.device!,
      ...(nextHop === undefined ? {} : { nextHop }),
    }),
  },
  {
    fits: ({ fragment, entered }, last, closing) =>
      fragment === true &&
      (entered === true || last.point === 'ip.deliver' || last.point === 'nf.prerouting' || last.point === 'route') &&
      closing !== 'consumed',
    outcome: (_, last) => ({ kind: 'queued', point: last.point, waitsFor: 'the other fragments' }),
  },
  {
    fits: (_, __, closing) => closing === 'consumed',
    outcome: ({ consumer, fragment }, last) => ({
      kind: 'consumed',
      point: pointOfDrop({ reason: 'CONSUMED', function: consumer, lastPoint: last.point }),
      ...(consumer === undefined ? (fragment ? { by: 'reassembly' } : {}) : { by: consumer }),
    }),
  },
  {
    fits: ({ state }) => (state & STATE.waitsForNeighbour) !== 0,
    outcome: (_, last) => ({ kind: 'queued', point: last.point, waitsFor: 'the link-layer address of the next hop' }),
  },
  {
    fits: ({ entered }) => entered === true,
    outcome: (_, last) => ({
      kind: 'queued',
      point: last.point,
      waitsFor: 'whoever took it there: NFQUEUE, or reassembly',
    }),
  },
  {
    fits: (_, last) => last.point === 'qdisc' || last.point === 'backlog',
    outcome: (_, last) => ({
      kind: 'queued',
      point: last.point,
      waitsFor: last.point === 'qdisc' ? 'its turn at the device' : 'the CPU',
    }),
  },
  {
    fits: (_, last, closing) => last.point === 'gro' && closing === 'another',
    outcome: () => ({ kind: 'consumed', point: 'gro', by: 'became part of another packet' }),
  },
];

/**
 * Handshakes and acknowledgements are for the kernel's part of the socket. A UDP datagram in one piece is copied to its reader
 * without an event (copy_linear_skb in udp_recvmsg, net/ipv4/udp.c, v6.18): not to have seen it read says nothing.
 */
function readOf(seen: boolean, hasData: boolean | undefined, socket: SocketInfo | undefined): { read?: boolean } {
  if (seen) return { read: true };
  return hasData === false || socket?.protocol === 'udp' ? {} : { read: false };
}

export function outcomeOf(seen: Seen, steps: readonly [Step, ...Step[]], closing: Closing): Outcome {
  const last = steps.at(-1)!;
  const rule = RULES.find(({ fits }) => fits(seen, last, closing));
  return rule?.outcome(seen, last) ?? { kind: 'unknown', point: last.point, why: WHY[closing] };
}

const WHY: Readonly<Record<Closing, string>> = {
  dropped: 'it was dropped, and no event says where',
  consumed: 'it was used up, and no event says by whom',
  silent: 'nothing more was seen of it',
  another: 'nothing more was seen of it until its sk_buff was another packet',
  crowded: 'too many packets were on their way',
  finished: 'the trace ended',
};
