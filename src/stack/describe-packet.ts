// A packet described in a line, as a frame: "tcp 10.0.0.9:40000 > 10.77.0.2:22 SYN ttl 64".
import { ethernet, frame, ICMP_TYPE, icmp, ipv4, type Layer, tcp, udp } from '../wire/index.ts';
import { addressOf } from './ipv4-address.ts';

export class DescriptionError extends Error {
  override readonly name = 'DescriptionError';

  constructor(cause: string) {
    super(`cannot read the packet: ${cause}`);
  }
}

interface Description {
  protocol: 'tcp' | 'udp' | 'icmp';
  source: string;
  sourcePort: number;
  destination: string;
  destinationPort: number;
  flags: Set<string>;
  numbers: Map<string, number>;
  dontFragment: boolean;
}

const PROTOCOLS = ['tcp', 'udp', 'icmp'] as const;
const FLAGS = ['SYN', 'ACK', 'FIN', 'RST', 'PSH', 'URG'] as const;

/** Words that a number follows, with the largest it may be. */
const NUMBERS = { ttl: 255, tos: 255, length: 1472, id: 65535, type: 255, code: 255 } as const;

const DEFAULT_TTL = 64;
/** Whose card it comes from: nobody's. */
const SENDER = '02:00:00:00:00:01';
const FIRST_PRIVATE_PORT = 49152;

/**
 * A frame to the card `to`. Throws DescriptionError.
 *
 *   PROTO SOURCE[:PORT] > DESTINATION[:PORT] [SYN ACK FIN RST PSH URG] [df] [ttl N] [tos N] [id N] [length N] [type N] [code N]
 */
export function describePacket(text: string, to: Uint8Array): Uint8Array {
  const described = parse(text.trim().split(/\s+/));
  const { source, destination, numbers, dontFragment } = described;
  const number = (name: keyof typeof NUMBERS) => numbers.get(name);
  const ip = ipv4({
    source,
    destination,
    timeToLive: number('ttl') ?? DEFAULT_TTL,
    typeOfService: number('tos') ?? 0,
    identification: number('id') ?? 0,
    dontFragment,
  });
  return frame(
    ethernet({ source: SENDER, destination: to }),
    ip,
    transport(described),
    new Uint8Array(number('length') ?? 0),
  );
}

function transport({ protocol, sourcePort, destinationPort, flags, numbers }: Description): Layer {
  const ports = { sourcePort, destinationPort };
  if (protocol === 'udp') return udp(ports);
  if (protocol === 'icmp') return icmp({ type: numbers.get('type') ?? ICMP_TYPE.ECHO, code: numbers.get('code') ?? 0 });
  const has = (name: string) => flags.has(name);
  return tcp({
    ...ports,
    syn: has('SYN'),
    ack: has('ACK'),
    fin: has('FIN'),
    rst: has('RST'),
    psh: has('PSH'),
    urg: has('URG'),
  });
}

function parse(words: readonly string[]): Description {
  const [protocol = '', from = '', arrow, to = '', ...rest] = words;
  if (!isOneOf(PROTOCOLS, protocol))
    throw new DescriptionError(`${protocol || 'nothing'} is none of ${PROTOCOLS.join(', ')}`);
  if (arrow !== '>') throw new DescriptionError(`SOURCE > DESTINATION is missing behind ${protocol}`);
  const source = endOf(from, protocol);
  const destination = endOf(to, protocol);
  if (protocol !== 'icmp' && destination.port === undefined) throw new DescriptionError(`${to} needs a port: ${to}:80`);
  const described: Description = {
    protocol,
    source: source.address,
    sourcePort: source.port ?? FIRST_PRIVATE_PORT,
    destination: destination.address,
    destinationPort: destination.port ?? 0,
    flags: new Set(),
    numbers: new Map(),
    dontFragment: false,
  };
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i]!;
    if (word.toLowerCase() === 'df') described.dontFragment = true;
    else if (word in NUMBERS) described.numbers.set(word, numberOf(word as keyof typeof NUMBERS, rest[++i]));
    else if (isOneOf(FLAGS, word.toUpperCase()) && protocol === 'tcp') described.flags.add(word.toUpperCase());
    else throw new DescriptionError(`${word} is not known of ${protocol}`);
  }
  return described;
}

function isOneOf<T extends string>(all: readonly T[], word: string): word is T {
  return (all as readonly string[]).includes(word);
}

function endOf(text: string, protocol: string): { address: string; port?: number } {
  const [address = '', portText, more] = text.split(':');
  if (addressOf(address) === undefined || more !== undefined)
    throw new DescriptionError(`${text || 'nothing'} is no IPv4 address`);
  if (portText === undefined) return { address };
  const port = Number(portText);
  if (protocol === 'icmp' || !/^\d{1,5}$/.test(portText) || port > 65535) {
    throw new DescriptionError(`${portText} is no port of ${protocol}`);
  }
  return { address, port };
}

function numberOf(name: keyof typeof NUMBERS, text = ''): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= NUMBERS[name]) return value;
  throw new DescriptionError(`${name} takes a number from 0 to ${NUMBERS[name]}, not ${text || 'nothing'}`);
}
