// What the demo sends, step by step, and which packets then pass. Where the kernel cannot be asked to send such a packet, a
// frame is built by hand.
import { encodeUtf8, readU16 } from '../bytes/index.ts';
import {
  DNS,
  DNS_FLAG,
  DNS_TYPE,
  dnsMessage,
  ETHERNET,
  ethernet,
  frame,
  ICMP_TYPE,
  IPV4,
  icmp,
  ipv4,
  ipv4Bytes,
  ipv6,
  macBytes,
  ND_OPTION_TYPE,
  ndOption,
  neighborSolicitation,
  type Packet,
  TCP,
  TCP_FLAG,
  udp,
  vlan,
} from '../wire/index.ts';
import { BEHIND, CLIENT, type DemoStage, SERVER, SOLICITED_NODE } from './demo-stage.ts';

export interface DemoStep {
  /** What is sent and what one sees of it. */
  readonly heading: string;
  /** Letters that show it, besides -n. */
  readonly letters?: 'v' | 'e';
  readonly send: (stage: DemoStage) => void;
  /** How many packets belong to it; or whether these are all. */
  readonly packets: number | ((seen: readonly Packet[]) => boolean);
}

const PORT = {
  open: 4000,
  closed: 4001,
  dns: 53,
  http: 80,
  alternateHttp: 8080,
  traceroute: 33434,
  ephemeral: 40000,
} as const;

const REQUEST = 'GET / HTTP/1.1\r\nHost: 192.0.2.2\r\n\r\n';
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n';

/** Three fragments on Ethernet. */
const LARGE = 4000;

const fromClient = ethernet({ source: CLIENT.mac, destination: SERVER.mac });
const toServer = { source: CLIENT.ipv4, destination: SERVER.ipv4 } as const;

export const DEMO_STEPS: readonly DemoStep[] = [
  {
    heading:
      "A UDP datagram to an open port. Before its first packet the client asks for the server's MAC address (ARP).",
    packets: 3,
    send: (stage) => {
      using server = stage.udp('server', PORT.open);
      using client = stage.udp('client', PORT.ephemeral);
      client.sendTo({ address: SERVER.ipv4, port: PORT.open }, encodeUtf8('hello'));
      server.receive();
    },
  },
  {
    heading: 'The same to a closed port: the server says so by ICMP.',
    packets: 2,
    send: (stage) => {
      using client = stage.udp('client', PORT.ephemeral);
      client.sendTo({ address: SERVER.ipv4, port: PORT.closed }, encodeUtf8('hello'));
    },
  },
  {
    heading: 'A web page over TCP: handshake, request, answer, orderly end.',
    packets: isClosed,
    send: (stage) => fetchPage(stage, PORT.http),
  },
  { heading: 'A DNS query and its answer.', packets: 2, send: askForName },
  {
    heading: 'A ping, built by hand; the server answers.',
    packets: 2,
    send: (stage) =>
      stage.send(
        frame(fromClient, ipv4(toServer), icmp({ type: ICMP_TYPE.ECHO, identifier: 1, sequence: 1 }), 'are you there?'),
      ),
  },
  {
    heading: 'A wrong IP checksum: the server drops it without a word. (-v shows it)',
    letters: 'v',
    packets: 1,
    send: (stage) =>
      stage.send(
        frame(
          fromClient,
          ipv4({ ...toServer, checksum: 0xbad0 }),
          udp({ sourcePort: PORT.ephemeral, destinationPort: PORT.open }),
          'hello',
        ),
      ),
  },
  {
    heading: 'A time to live of 1, on its way to a network behind the server, which may not forward it.',
    letters: 'v',
    packets: 2,
    send: (stage) =>
      stage.send(
        frame(
          fromClient,
          ipv4({ ...toServer, destination: BEHIND.host, timeToLive: 1 }),
          udp({ sourcePort: PORT.ephemeral, destinationPort: PORT.traceroute }),
          'too far',
        ),
      ),
  },
  {
    heading: `A datagram of ${LARGE} bytes: more than a frame holds, so it comes in fragments.`,
    letters: 'v',
    packets: 3,
    send: (stage) => {
      using server = stage.udp('server', PORT.open);
      using client = stage.udp('client', PORT.ephemeral);
      client.sendTo({ address: SERVER.ipv4, port: PORT.open }, new Uint8Array(LARGE));
      server.receive();
    },
  },
  {
    heading: 'A frame with a VLAN tag: the server has no such VLAN. (-e shows it)',
    letters: 'e',
    packets: 1,
    send: (stage) =>
      stage.send(
        frame(
          fromClient,
          vlan({ id: 42, priority: 5 }),
          ipv4(toServer),
          udp({ sourcePort: PORT.ephemeral, destinationPort: PORT.open }),
          'hello',
        ),
      ),
  },
  {
    heading: "IPv6: the client asks for the server's MAC address (neighbour solicitation).",
    packets: 2,
    send: (stage) =>
      stage.send(
        frame(
          ethernet({ source: CLIENT.mac, destination: SOLICITED_NODE.mac }),
          ipv6({ source: CLIENT.ipv6, destination: SOLICITED_NODE.ipv6, hopLimit: 255 }),
          ...neighborSolicitation(SERVER.ipv6, ndOption(ND_OPTION_TYPE.SOURCE_LINK_ADDRESS, macBytes(CLIENT.mac))),
        ),
      ),
  },
];

const OPENS_OR_CLOSES = 'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0';

/** The last step: a capture of its own, with a filter. */
export const FILTERED_STEP: DemoStep & { readonly filter: string } = {
  heading: `The web page again, from another port, captured with a filter: ${OPENS_OR_CLOSES}\n   The kernel runs it, so that only what opens and closes the connection reaches pathcap.`,
  filter: OPENS_OR_CLOSES,
  packets: 4,
  send: (stage) => fetchPage(stage, PORT.alternateHttp),
};

/** A client and a server that wait for each other: every call ends at once, since the kernel has carried the packets by then. */
function fetchPage(stage: DemoStage, port: number): void {
  using listener = stage.tcp('server', port).listen();
  using client = stage.tcp('client', PORT.ephemeral);
  client.connect({ address: SERVER.ipv4, port });
  {
    using server = listener.accept();
    client.send(encodeUtf8(REQUEST));
    server.receive();
    server.send(encodeUtf8(RESPONSE));
  }
  while (client.receive().length > 0);
}

/** Both ends have said that they send no more, and the second of them was acknowledged. */
function isClosed(seen: readonly Packet[]): boolean {
  const last = seen.findLastIndex(isFin);
  return seen.filter(isFin).length === 2 && last < seen.length - 1;
}

function isFin({ bytes, offset }: Packet): boolean {
  return (bytes[offset + ETHERNET.size + IPV4.size + TCP.flags]! & TCP_FLAG.FIN) !== 0;
}

function askForName(stage: DemoStage): void {
  using server = stage.udp('server', PORT.dns);
  using client = stage.udp('client', PORT.ephemeral);
  const questions = [{ name: 'www.pathcap.example', type: DNS_TYPE.A }];
  const query = dnsMessage({ id: 4711, flags: DNS_FLAG.RECURSION_DESIRED, questions });
  client.sendTo({ address: SERVER.ipv4, port: PORT.dns }, query);
  const id = readU16(server.receive(), DNS.id);
  const flags = DNS_FLAG.RESPONSE | DNS_FLAG.RECURSION_DESIRED | DNS_FLAG.RECURSION_AVAILABLE;
  const answers = [{ ...questions[0]!, data: [ipv4Bytes(SERVER.ipv4)] }];
  server.sendTo({ address: CLIENT.ipv4, port: PORT.ephemeral }, dnsMessage({ id, flags, questions, answers }));
  client.receive();
}
