// TCP as conntrack follows it (net/netfilter/nf_conntrack_proto_tcp.c, v6.18): states by flags and direction, and which sequence
// numbers each side may use. What does not fit is INVALID, or let through without a change of state.
import { readU16, readU32 } from '../bytes/index.ts';
import { TCP, TCP_FLAG, TCP_OPTION } from '../wire/index.ts';
import type { Net } from './net.ts';
import { HOOK, type Hook } from './netfilter.ts';
import { transportChecksumIsRight } from './nf-checksum.ts';
import { type Connection, CT_STATUS } from './nf-conntrack.ts';
import type { SkBuff } from './sk-buff.ts';
import type { Sysctls } from './sysctls.ts';

/** enum tcp_conntrack; those from INVALID on are no states, but what the table says instead of one. */
const S = {
  NONE: 0,
  SYN_SENT: 1,
  SYN_RECV: 2,
  ESTABLISHED: 3,
  FIN_WAIT: 4,
  CLOSE_WAIT: 5,
  LAST_ACK: 6,
  TIME_WAIT: 7,
  CLOSE: 8,
  SYN_SENT2: 9,
  INVALID: 10,
  IGNORE: 11,
} as const;

/** Names of the states, as conntrack -L prints them. */
export const TCP_STATES: readonly string[] = Object.keys(S).slice(0, S.INVALID);

/** enum tcp_bit_set: which of a segment's flags counts. */
const SEGMENT = { SYN: 0, SYN_ACK: 1, FIN: 2, ACK: 3, RST: 4, NONE: 5 } as const;

const { NONE: _, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT, CLOSE_WAIT, LAST_ACK, TIME_WAIT, CLOSE, SYN_SENT2 } = S;
const { INVALID, IGNORE } = S;
const NEVER = new Array<number>(10).fill(INVALID);

/** tcp_conntracks: the next state by direction, segment and state (NONE first, SYN_SENT2 last). */
const NEXT_STATES: readonly (readonly (readonly number[])[])[] = [
  [
    [SYN_SENT, SYN_SENT, IGNORE, IGNORE, IGNORE, IGNORE, IGNORE, SYN_SENT, SYN_SENT, SYN_SENT2],
    [INVALID, INVALID, SYN_RECV, INVALID, INVALID, INVALID, INVALID, INVALID, INVALID, SYN_RECV],
    [INVALID, INVALID, FIN_WAIT, FIN_WAIT, LAST_ACK, LAST_ACK, LAST_ACK, TIME_WAIT, CLOSE, INVALID],
    [ESTABLISHED, INVALID, ESTABLISHED, ESTABLISHED, CLOSE_WAIT, CLOSE_WAIT, TIME_WAIT, TIME_WAIT, CLOSE, INVALID],
    [INVALID, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE],
    NEVER,
  ],
  [
    [INVALID, SYN_SENT2, INVALID, INVALID, INVALID, INVALID, INVALID, SYN_SENT, INVALID, SYN_SENT2],
    [INVALID, SYN_RECV, IGNORE, IGNORE, IGNORE, IGNORE, IGNORE, IGNORE, IGNORE, SYN_RECV],
    [INVALID, INVALID, FIN_WAIT, FIN_WAIT, LAST_ACK, LAST_ACK, LAST_ACK, TIME_WAIT, CLOSE, INVALID],
    [INVALID, IGNORE, SYN_RECV, ESTABLISHED, CLOSE_WAIT, CLOSE_WAIT, TIME_WAIT, TIME_WAIT, CLOSE, IGNORE],
    [INVALID, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE],
    NEVER,
  ],
];

/** tcp_timeouts, seconds, by state; net.netfilter.nf_conntrack_tcp_timeout_* may say otherwise. */
const TIMEOUTS: readonly (readonly [string, number])[] = [
  ['syn_sent', 120],
  ['syn_sent', 120],
  ['syn_recv', 60],
  ['established', 432_000],
  ['fin_wait', 120],
  ['close_wait', 60],
  ['last_ack', 30],
  ['time_wait', 120],
  ['close', 10],
  // Linux has no switch for SYN_SENT2: it is that of SYN_SENT.
  ['syn_sent', 120],
];
const RETRANS = ['max_retrans', 300] as const;
const UNACK = ['unacknowledged', 300] as const;

const FLAG = {
  WINDOW_SCALE: 1,
  SACK_PERMITTED: 2,
  CLOSE_INIT: 4,
  BE_LIBERAL: 8,
  DATA_UNACKNOWLEDGED: 16,
  MAXACK_SET: 32,
  CHALLENGE_ACK: 64,
  SIMULTANEOUS_OPEN: 128,
} as const;

/** struct ip_ct_tcp_state: what one side may send. */
class Side {
  end = 0;
  maxEnd = 0;
  maxWindow = 0;
  maxAck = 0;
  scale = 0;
  flags = 0;

  reset(): void {
    this.end = this.maxEnd = this.maxWindow = this.maxAck = this.scale = 0;
    this.flags &= FLAG.BE_LIBERAL;
  }
}

/** struct ip_ct_tcp. */
export class TcpTrack {
  state: number = S.NONE;
  readonly seen = [new Side(), new Side()] as const;
  lastSegment: number = SEGMENT.NONE;
  lastDirection = 0;
  lastSequence = 0;
  lastAck = 0;
  lastEnd = 0;
  lastWindow = 0;
  lastScale = 0;
  lastFlags = 0;
  retransmissions = 0;
}

/** A connection whose beginning was not seen, in a state by its name: its sequence numbers are those that come next. */
export function tcpTrackOf(stateName: string): TcpTrack {
  const track = new TcpTrack();
  track.state = Math.max(TCP_STATES.indexOf(stateName), S.NONE);
  for (const side of track.seen) side.flags = FLAG.BE_LIBERAL | FLAG.SACK_PERMITTED;
  return track;
}

/** Differences of sequence numbers, modulo 2^32. */
const before = (a: number, b: number) => ((a - b) | 0) < 0;
const after = (a: number, b: number) => before(b, a);

/** The segment, read once. */
interface Segment {
  kind: number;
  flags: number;
  sequence: number;
  ack: number;
  window: number;
  /** The number behind its last. */
  end: number;
  /** Where the header begins in the buffer, and its length. */
  at: number;
  headerLength: number;
}

const segment: Segment = { kind: 0, flags: 0, sequence: 0, ack: 0, window: 0, end: 0, at: 0, headerLength: 0 };

/** tcp_valid_flags: FIN SYN RST ACK URG; PSH, ECE and CWR may always be set. */
const VALID_FLAGS: ReadonlySet<number> = new Set([
  TCP_FLAG.SYN,
  TCP_FLAG.SYN | TCP_FLAG.URG,
  TCP_FLAG.SYN | TCP_FLAG.ACK,
  TCP_FLAG.RST,
  TCP_FLAG.RST | TCP_FLAG.ACK,
  TCP_FLAG.FIN | TCP_FLAG.ACK,
  TCP_FLAG.FIN | TCP_FLAG.ACK | TCP_FLAG.URG,
  TCP_FLAG.ACK,
  TCP_FLAG.ACK | TCP_FLAG.URG,
]);
const COUNTED_FLAGS = TCP_FLAG.FIN | TCP_FLAG.SYN | TCP_FLAG.RST | TCP_FLAG.ACK | TCP_FLAG.URG;

/** tcp_error: false for what is no segment of a connection. */
function readSegment(net: Net, skb: SkBuff, at: number, hook: Hook): boolean {
  const { head, tail } = skb;
  if (at + TCP.size > tail) return false;
  const headerLength = 4 * (head[at + TCP.dataOffset]! >> 4);
  if (headerLength < TCP.size || at + headerLength > tail) return false;
  if (hook === HOOK.PRE_ROUTING && net.conntrack!.checksChecksums) {
    if (!transportChecksumIsRight(skb)) return false;
  }
  const flags = head[at + TCP.flags]!;
  if (!VALID_FLAGS.has(flags & COUNTED_FLAGS)) return false;
  segment.at = at;
  segment.headerLength = headerLength;
  segment.flags = flags;
  segment.kind = kindOf(flags);
  segment.sequence = readU32(head, at + TCP.sequence);
  segment.ack = readU32(head, at + TCP.acknowledgment);
  segment.window = readU16(head, at + TCP.window);
  const counted = (flags & TCP_FLAG.SYN ? 1 : 0) + (flags & TCP_FLAG.FIN ? 1 : 0);
  segment.end = (segment.sequence + tail - at - headerLength + counted) >>> 0;
  return true;
}

/** get_conntrack_index. */
function kindOf(flags: number): number {
  if (flags & TCP_FLAG.RST) return SEGMENT.RST;
  if (flags & TCP_FLAG.SYN) return flags & TCP_FLAG.ACK ? SEGMENT.SYN_ACK : SEGMENT.SYN;
  if (flags & TCP_FLAG.FIN) return SEGMENT.FIN;
  return flags & TCP_FLAG.ACK ? SEGMENT.ACK : SEGMENT.NONE;
}

/** What conntrack makes of a packet: it belongs to the connection, or not, or the connection is to be forgotten and begun anew. */
export const TRACKED = { ACCEPT: 0, INVALID: 1, REPEAT: 2 } as const;
export type Tracked = (typeof TRACKED)[keyof typeof TRACKED];

/** nf_conntrack_tcp_packet. `direction`: 0 for original, 1 for reply. `transport`: where the header begins. */
export function trackTcp(
  net: Net,
  connection: Connection,
  skb: SkBuff,
  transport: number,
  direction: 0 | 1,
  hook: Hook,
): Tracked {
  if (!readSegment(net, skb, transport, hook)) return TRACKED.INVALID;
  if (!connection.isConfirmed && !begin(net, connection, skb)) return TRACKED.INVALID;
  const track = connection.tcp!;
  const oldState = track.state;
  let newState: number = NEXT_STATES[direction]![segment.kind]![oldState]!;
  let isInWindow = false;
  switch (newState) {
    case S.SYN_SENT:
      if (oldState < S.TIME_WAIT) break;
      if (mayReopen(track, direction)) {
        net.conntrack!.table.remove(connection);
        return TRACKED.REPEAT;
      }
      return ignore(track, oldState, direction, skb);
    case S.IGNORE:
      if (!answersIgnoredSyn(track, direction)) return ignore(track, oldState, direction, skb);
      newState = S.SYN_RECV;
      takeUpIgnoredSyn(track, direction);
      break;
    case S.INVALID:
      return TRACKED.INVALID;
    case S.TIME_WAIT:
      if (isChallengeAck(track, oldState, direction)) {
        track.lastFlags &= ~FLAG.CHALLENGE_ACK;
        return TRACKED.ACCEPT;
      }
      break;
    case S.SYN_SENT2:
      track.lastFlags |= FLAG.SIMULTANEOUS_OPEN;
      break;
    case S.SYN_RECV:
      if (direction === 1 && segment.kind === SEGMENT.ACK && (track.lastFlags & FLAG.SIMULTANEOUS_OPEN) !== 0) {
        newState = S.ESTABLISHED;
      }
      break;
    case S.CLOSE: {
      if (segment.kind !== SEGMENT.RST) break;
      const found = resetState(net, connection, track, direction, oldState);
      if (found === S.INVALID) return TRACKED.INVALID;
      isInWindow = (found & IN_WINDOW) !== 0;
      newState = found & ~IN_WINDOW;
      break;
    }
  }
  if (!isInWindow) {
    const window = checkWindow(net, track, oldState, skb, direction);
    if (window === WINDOW.IGNORE) return TRACKED.ACCEPT;
    if (window === WINDOW.INVALID) {
      shortenWhenInvalid(net, connection, track, direction);
      return TRACKED.INVALID;
    }
  }
  accepted(net, connection, track, direction, oldState, newState);
  return TRACKED.ACCEPT;
}

/** tcp_new: of the first packet; false when no connection begins like this. */
function begin(net: Net, connection: Connection, skb: SkBuff): boolean {
  const state = NEXT_STATES[0]![segment.kind]![S.NONE]!;
  if (state === S.INVALID) return false;
  if (state !== S.SYN_SENT && !net.conntrack!.tcp.isLoose) return false;
  const track = new TcpTrack();
  connection.tcp = track;
  const [side, other] = track.seen;
  side.end = segment.end;
  side.maxWindow = segment.window === 0 ? 1 : segment.window;
  if (state === S.SYN_SENT) {
    side.maxEnd = side.end;
    readOptions(skb, side);
  } else {
    // From its middle on: whether windows are scaled is not known.
    side.maxEnd = (side.end + side.maxWindow) >>> 0;
    side.flags = other.flags = FLAG.SACK_PERMITTED | FLAG.BE_LIBERAL;
  }
  return true;
}

function mayReopen({ seen, lastDirection, lastSegment }: TcpTrack, direction: number): boolean {
  const isClosing = ((seen[0].flags | seen[1].flags) & FLAG.CLOSE_INIT) !== 0;
  return isClosing || (lastDirection === direction && lastSegment === SEGMENT.RST);
}

function answersIgnoredSyn({ lastSegment, lastDirection, lastEnd }: TcpTrack, direction: number): boolean {
  return (
    segment.kind === SEGMENT.SYN_ACK &&
    lastSegment === SEGMENT.SYN &&
    lastDirection !== direction &&
    segment.ack === lastEnd
  );
}

function takeUpIgnoredSyn(track: TcpTrack, direction: 0 | 1): void {
  const asked = track.seen[track.lastDirection]!;
  asked.end = asked.maxEnd = track.lastEnd;
  asked.maxWindow = track.lastWindow === 0 ? 1 : track.lastWindow;
  asked.scale = track.lastScale;
  track.lastFlags &= ~FLAG.CHALLENGE_ACK;
  asked.flags = track.lastFlags;
  track.seen[direction].reset();
}

/** Let through: the two sides may be in step where we are not. */
function ignore(track: TcpTrack, oldState: number, direction: number, skb: SkBuff): Tracked {
  track.lastSegment = segment.kind;
  track.lastDirection = direction;
  track.lastSequence = segment.sequence;
  track.lastEnd = segment.end;
  track.lastWindow = segment.window;
  if (segment.kind === SEGMENT.SYN && direction === 0) {
    const seen = new Side();
    readOptions(skb, seen);
    track.lastFlags = seen.flags & (FLAG.WINDOW_SCALE | FLAG.SACK_PERMITTED);
    track.lastScale = (seen.flags & FLAG.WINDOW_SCALE) !== 0 ? seen.scale : 0;
    if (oldState === S.LAST_ACK) track.lastFlags |= FLAG.CHALLENGE_ACK;
  }
  if (oldState === S.SYN_SENT && segment.kind === SEGMENT.ACK && direction === 1) track.lastAck = segment.ack;
  return TRACKED.ACCEPT;
}

function isChallengeAck(track: TcpTrack, oldState: number, direction: number): boolean {
  return (
    oldState === S.LAST_ACK &&
    segment.kind === SEGMENT.ACK &&
    track.lastDirection !== direction &&
    track.lastSegment === SEGMENT.SYN &&
    (track.lastFlags & FLAG.CHALLENGE_ACK) !== 0
  );
}

/** Beside a state: the numbers of this reset are not asked about. */
const IN_WINDOW = 32;

/** What a reset leads to: a state, with IN_WINDOW or not, or INVALID. */
function resetState(net: Net, connection: Connection, track: TcpTrack, direction: 0 | 1, oldState: number): number {
  if (canEarlyDrop(oldState)) return S.CLOSE | IN_WINDOW;
  const other = track.seen[direction === 0 ? 1 : 0];
  const isEstablished = oldState === S.ESTABLISHED;
  let state: number = S.CLOSE;
  if ((other.flags & FLAG.MAXACK_SET) !== 0 && track.lastSegment !== SEGMENT.SYN) {
    const { sequence } = segment;
    if (sequence === 0 && !isEstablished) return state;
    if (before(sequence, other.maxAck) && !net.conntrack!.tcp.ignoresInvalidReset) return S.INVALID;
    if (!isEstablished || sequence === other.maxAck) return state;
    const { lastSegment, lastDirection, lastEnd } = track;
    if (lastSegment === SEGMENT.ACK && lastDirection === direction && sequence === lastEnd) return state;
    state = oldState;
  }
  const has = (bit: number) => (connection.status & bit) !== 0;
  const answersIgnored =
    (has(CT_STATUS.SEEN_REPLY) && track.lastSegment === SEGMENT.SYN) ||
    (!has(CT_STATUS.ASSURED) && track.lastSegment === SEGMENT.ACK);
  if (answersIgnored && segment.ack === track.lastEnd) return state | IN_WINDOW;
  const answersChallenge =
    oldState === S.SYN_SENT &&
    track.lastSegment === SEGMENT.ACK &&
    track.lastDirection === 1 &&
    segment.sequence === track.lastAck;
  return answersChallenge ? state | IN_WINDOW : state;
}

function canEarlyDrop(state: number): boolean {
  return (
    state === S.FIN_WAIT || state === S.LAST_ACK || state === S.TIME_WAIT || state === S.CLOSE || state === S.CLOSE_WAIT
  );
}

/** tcp_options: window scale and permission of SACK. */
function readOptions({ head }: SkBuff, side: Side): void {
  let at = segment.at + TCP.size;
  const end = segment.at + segment.headerLength;
  if (at === end) return;
  side.scale = 0;
  side.flags &= FLAG.BE_LIBERAL;
  while (at < end) {
    const kind = head[at]!;
    if (kind === TCP_OPTION.EOL) return;
    if (kind === TCP_OPTION.NOP) {
      at++;
      continue;
    }
    const length = head[at + 1]!;
    if (end - at < 2 || length < 2 || at + length > end) return;
    if (kind === TCP_OPTION.SACK_PERMITTED && length === 2) side.flags |= FLAG.SACK_PERMITTED;
    else if (kind === TCP_OPTION.WINDOW_SCALE && length === 3) {
      side.scale = Math.min(head[at + 2]!, MOST_SCALE);
      side.flags |= FLAG.WINDOW_SCALE;
    }
    at += length;
  }
}

const MOST_SCALE = 14;

/** tcp_sack: the highest number that the segment acknowledges, one way or the other. */
function sackOf({ head }: SkBuff, ack: number): number {
  let at = segment.at + TCP.size;
  const end = segment.at + segment.headerLength;
  let highest = ack;
  while (at < end) {
    const kind = head[at]!;
    if (kind === TCP_OPTION.EOL) return highest;
    if (kind === TCP_OPTION.NOP) {
      at++;
      continue;
    }
    const length = head[at + 1]!;
    if (end - at < 2 || length < 2 || at + length > end) return highest;
    if (kind === TCP_OPTION.SACK && length >= 10 && (length - 2) % 8 === 0) {
      for (let i = at + 2; i < at + length; i += 8) {
        const edge = readU32(head, i + 4);
        if (after(edge, highest)) highest = edge;
      }
      return highest;
    }
    at += length;
  }
  return highest;
}

const WINDOW = { ACCEPT: 0, IGNORE: 1, INVALID: 2 } as const;
type Window = (typeof WINDOW)[keyof typeof WINDOW];

/** MAXACKWINDOW. */
function ackWindow({ maxWindow }: Side): number {
  return Math.max(maxWindow, 66_000);
}

/** tcp_in_window. */
function checkWindow(net: Net, track: TcpTrack, state: number, skb: SkBuff, direction: 0 | 1): Window {
  const settings = net.conntrack!.tcp;
  if (!settings.checksWindow) return WINDOW.ACCEPT;
  const sender = track.seen[direction];
  const receiver = track.seen[direction === 0 ? 1 : 0];
  const isLiberal = (sender.flags & FLAG.BE_LIBERAL) !== 0 || settings.isLiberal;
  const or = (wrong: Window) => (isLiberal ? WINDOW.ACCEPT : wrong);
  const hasSyn = (segment.flags & TCP_FLAG.SYN) !== 0;
  const hasAck = (segment.flags & TCP_FLAG.ACK) !== 0;
  let { sequence, ack, end, window } = segment;
  let sack = (receiver.flags & FLAG.SACK_PERMITTED) !== 0 ? sackOf(skb, ack) : ack;
  if (sender.maxWindow === 0) {
    if (hasSyn) {
      beginSide(skb, sender, receiver, end, window, direction);
      if (!hasAck) return WINDOW.ACCEPT;
    } else {
      sender.end = end;
      const scaled = window * 2 ** sender.scale;
      sender.maxWindow = scaled === 0 ? 1 : scaled;
      sender.maxEnd = (end + sender.maxWindow) >>> 0;
      if (receiver.maxWindow === 0) receiver.end = receiver.maxEnd = sack;
      else if (sack === (receiver.end + 1) >>> 0) receiver.end = sack;
    }
  } else if (hasSyn && after(end, sender.end) && (state === S.SYN_SENT || state === S.SYN_RECV)) {
    beginSide(skb, sender, receiver, end, window, direction);
    if (direction === 1 && !hasAck) return WINDOW.ACCEPT;
  }
  const isReset = (segment.flags & TCP_FLAG.RST) !== 0;
  if (!hasAck || (isReset && ack === 0)) ack = sack = receiver.end;
  if (isReset && sequence === 0 && state === S.SYN_SENT) sequence = end = sender.end;

  const isInReceiveWindow = () => receiver.maxWindow === 0 || after(end, (sender.end - receiver.maxWindow - 1) >>> 0);
  const isAckRecent = () => after(sack, (receiver.end - ackWindow(sender) - 1) >>> 0);
  if (!before(sequence, (sender.maxEnd + 1) >>> 0)) {
    const overshot = (end - sender.maxEnd + 1) >>> 0;
    const isNearly =
      receiver.maxWindow !== 0 &&
      isInReceiveWindow() &&
      isAckRecent() &&
      overshot <= receiver.maxWindow &&
      before(sack, (receiver.end + 1) >>> 0);
    if (!isNearly) return or(WINDOW.INVALID);
    sender.end = end;
    sender.flags |= FLAG.DATA_UNACKNOWLEDGED;
    return or(WINDOW.IGNORE);
  }
  if (!before(sack, (receiver.end + 1) >>> 0)) return or(WINDOW.INVALID);
  if (!isInReceiveWindow() || !isAckRecent()) return or(WINDOW.IGNORE);

  if (!hasSyn) window *= 2 ** sender.scale;
  const offered = (window + ((sack - ack) >>> 0)) >>> 0;
  if (sender.maxWindow < offered) sender.maxWindow = offered;
  if (after(end, sender.end)) {
    sender.end = end;
    sender.flags |= FLAG.DATA_UNACKNOWLEDGED;
  }
  if (hasAck && ((sender.flags & FLAG.MAXACK_SET) === 0 || after(ack, sender.maxAck))) {
    sender.maxAck = ack;
    sender.flags |= FLAG.MAXACK_SET;
  }
  if (receiver.maxWindow !== 0 && after(end, sender.maxEnd)) receiver.maxWindow += (end - sender.maxEnd) >>> 0;
  const edge = (sack + window) >>> 0;
  if (after(edge, (receiver.maxEnd - 1) >>> 0)) receiver.maxEnd = window === 0 ? (edge + 1) >>> 0 : edge;
  if (ack === receiver.end) receiver.flags &= ~FLAG.DATA_UNACKNOWLEDGED;
  if (segment.kind === SEGMENT.ACK) countRetransmissions(track, direction, sequence, ack, end);
  return WINDOW.ACCEPT;
}

/** tcp_init_sender. */
function beginSide(skb: SkBuff, sender: Side, receiver: Side, end: number, window: number, direction: 0 | 1): void {
  sender.end = sender.maxEnd = end;
  sender.maxWindow = window === 0 ? 1 : window;
  readOptions(skb, sender);
  const bothScale = (sender.flags & receiver.flags & FLAG.WINDOW_SCALE) !== 0;
  if (direction === 1 && !bothScale) sender.scale = receiver.scale = 0;
}

function countRetransmissions(track: TcpTrack, direction: number, sequence: number, ack: number, end: number): void {
  const { window } = segment;
  const isSame =
    track.lastDirection === direction &&
    track.lastSequence === sequence &&
    track.lastAck === ack &&
    track.lastEnd === end &&
    track.lastWindow === window;
  if (isSame) {
    track.retransmissions++;
    return;
  }
  track.lastDirection = direction;
  track.lastSequence = sequence;
  track.lastAck = ack;
  track.lastEnd = end;
  track.lastWindow = window;
  track.retransmissions = 0;
}

const NS_PER_SECOND = 1e9;

/** The switches of net.netfilter.nf_conntrack_tcp_*, read once. */
export class TcpSettings {
  /** Seconds, by state. */
  readonly timeouts: readonly number[];
  readonly retransTimeout: number;
  readonly unackTimeout: number;
  readonly maxRetrans: number;
  readonly isLoose: boolean;
  readonly isLiberal: boolean;
  readonly checksWindow: boolean;
  readonly ignoresInvalidReset: boolean;

  constructor(sysctls: Sysctls) {
    const timeout = ([name, seconds]: readonly [string, number]) =>
      sysctls.numberOr(`net.netfilter.nf_conntrack_tcp_timeout_${name}`, seconds);
    const number = (name: string) => sysctls.number(`net.netfilter.nf_conntrack_tcp_${name}`);
    this.timeouts = TIMEOUTS.map(timeout);
    this.retransTimeout = timeout(RETRANS);
    this.unackTimeout = timeout(UNACK);
    this.maxRetrans = number('max_retrans');
    this.isLoose = number('loose') !== 0;
    this.isLiberal = number('be_liberal') !== 0;
    this.checksWindow = number('no_window_check') === 0;
    this.ignoresInvalidReset = number('ignore_invalid_rst') !== 0;
  }
}

/** nf_tcp_handle_invalid: closing that we could not follow shall not keep a connection for days. */
function shortenWhenInvalid(net: Net, connection: Connection, track: TcpTrack, direction: number): void {
  if ((connection.status & CT_STATUS.ASSURED) === 0) return;
  if (segment.kind !== SEGMENT.RST && segment.kind !== SEGMENT.FIN) return;
  const { lastDirection, lastSegment } = track;
  if (lastDirection !== direction && (lastSegment === SEGMENT.FIN || lastSegment === SEGMENT.RST)) {
    const left = connection.timeoutNs - net.nowNs;
    const timeout = net.conntrack!.tcp.unackTimeout * NS_PER_SECOND;
    if (left >= 120 * NS_PER_SECOND && left > timeout) connection.timeoutNs = net.nowNs + timeout;
    return;
  }
  track.lastSegment = segment.kind;
  track.lastDirection = direction;
}

/** The packet belongs there: the connection is in its next state. */
function accepted(
  net: Net,
  connection: Connection,
  track: TcpTrack,
  direction: 0 | 1,
  oldState: number,
  newState: number,
): void {
  track.lastSegment = segment.kind;
  track.lastDirection = direction;
  track.state = newState;
  if (oldState !== newState && newState === S.FIN_WAIT) track.seen[direction].flags |= FLAG.CLOSE_INIT;
  let seconds = timeoutOf(net, track, newState);
  if ((connection.status & CT_STATUS.SEEN_REPLY) === 0) {
    if ((segment.flags & TCP_FLAG.RST) !== 0) {
      net.conntrack!.table.remove(connection);
      return;
    }
    // A repeated SYN does not make it live longer.
    if (segment.kind === SEGMENT.SYN && oldState === S.SYN_SENT) return;
    if (newState === S.ESTABLISHED) seconds = Math.min(seconds, net.conntrack!.tcp.unackTimeout);
  } else if (newState === S.ESTABLISHED && (oldState === S.SYN_RECV || oldState === S.ESTABLISHED)) {
    connection.status |= CT_STATUS.ASSURED;
  }
  net.conntrack!.refresh(connection, seconds);
}

function timeoutOf(net: Net, track: TcpTrack, state: number): number {
  const { timeouts, retransTimeout, unackTimeout, maxRetrans, checksWindow } = net.conntrack!.tcp;
  const own = timeouts[state]!;
  if (track.retransmissions >= maxRetrans && own > retransTimeout) return retransTimeout;
  if (segment.kind === SEGMENT.RST) return timeouts[S.CLOSE]!;
  const isUnacknowledged = ((track.seen[0].flags | track.seen[1].flags) & FLAG.DATA_UNACKNOWLEDGED) !== 0;
  if (isUnacknowledged && own > unackTimeout) return unackTimeout;
  return checksWindow && track.lastWindow === 0 && own > retransTimeout ? retransTimeout : own;
}

/** nf_conntrack_tcp_set_closing: a reset was sent in its name. */
export function setTcpClosing(net: Net, connection: Connection): void {
  const { tcp } = connection;
  if (!connection.isConfirmed || tcp === undefined) return;
  const was = tcp.state;
  tcp.state = S.CLOSE;
  if (was !== S.CLOSE) net.conntrack!.refresh(connection, net.conntrack!.tcp.timeouts[S.CLOSE]!);
}
