// Outcomes of journeys in words, on one line.
import type { Delivered, Dropped, Endpoint, Forwarded, Outcome, ProcessInfo, RuleInfo, SocketInfo } from './journey.ts';

/** 192.0.2.1:53, [2001:db8::1]:53, or the address alone. */
export function endpointText({ address, port }: Endpoint): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** udp 10.77.0.2:9999 from 10.77.0.1:1024, inode 4711 */
export function socketText({ protocol, local, remote, inode }: SocketInfo): string {
  const peer = remote === undefined ? '' : ` from ${endpointText(remote)}`;
  const number = inode === undefined ? '' : `, inode ${inode}`;
  return `${protocol} ${endpointText(local)}${peer}${number}`;
}

/** How many digits of a container's id tell it apart. */
const CONTAINER_DIGITS = 12;

export function processText({ pid, name, container }: ProcessInfo): string {
  const where = container === undefined ? '' : ` in container ${container.slice(0, CONTAINER_DIGITS)}`;
  return `${name} (pid ${pid})${where}`;
}

/** table filter, chain INPUT, line 7: -A INPUT -j DROP */
export function ruleText(rule: RuleInfo): string {
  const where = (['family', 'table', 'chain', 'line', 'handle'] as const)
    .filter((name) => rule[name] !== undefined)
    .map((name) => `${name} ${rule[name]}`);
  const text = rule.text === undefined ? [] : [rule.text];
  return [...(where.length === 0 ? [] : [where.join(', ')]), ...text].join(': ');
}

/**
 * What became of a packet, in one line. The first word is the outcome's kind.
 *
 *   outcomeText({ kind: 'dropped', point: 'udp', reason: 'NO_SOCKET' }); // 'dropped at udp: NO_SOCKET'
 */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'delivered':
      return deliveredText(outcome);
    case 'forwarded':
      return forwardedText(outcome);
    case 'dropped':
      return droppedText(outcome);
    case 'consumed':
      return `consumed at ${outcome.point}${outcome.by === undefined ? '' : ` by ${outcome.by}`}`;
    case 'queued':
      return `queued at ${outcome.point}, waiting for ${outcome.waitsFor}`;
    case 'unknown':
      return `unknown after ${outcome.point}: ${outcome.why}`;
  }
}

function deliveredText({ point, socket, process, read }: Delivered): string {
  const where = socket === undefined ? ` at ${point}` : ` to ${socketText(socket)}`;
  const whose = process === undefined ? '' : ` of ${processText(process)}`;
  const isRead = read === undefined ? '' : read ? ', read' : ', not read yet';
  return `delivered${where}${whose}${isRead}`;
}

function forwardedText({ device, nextHop }: Forwarded): string {
  return `forwarded out of ${device}${nextHop === undefined ? '' : ` to ${nextHop}`}`;
}

function droppedText({ point, reason, function: name, location }: Dropped): string {
  const where = name ?? location;
  return `dropped at ${point}: ${reason}${where === undefined ? '' : ` in ${where}`}`;
}
