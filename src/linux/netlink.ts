// rtnetlink: making and changing links, addresses, routes and neighbours of the network namespace that the socket was
// opened in. Requests as net/core/rtnetlink.c, net/ipv4/devinet.c and net/ipv6/addrconf.c take them (v6.18).
import { formatMac, parseIpv4, parseIpv6, readU16LE, readU32LE, readU64LE } from '../bytes/index.ts';
import { concatenate, macBytes } from '../wire/index.ts';
import { type AttributeValues, decodeAttributes, encodeAttributes } from './netlink-attributes.ts';
import { NLM_F } from './netlink-message.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import {
  ADDRESS,
  ADDRESS_MODE,
  AF,
  addressHeader,
  IFF,
  IFINFOMSG,
  LINK,
  LINK_STATISTICS,
  linkHeader,
  NEIGHBOUR,
  neighbourHeader,
  ROUTE,
  RTM,
  routeHeader,
  VETH,
  VLAN,
} from './rtnetlink.ts';

const NETLINK_ROUTE = 0;

/** What a link is made with. */
export interface LinkSpec {
  name: string;
  kind: 'veth' | 'dummy' | 'bridge' | 'vlan';
  /**
   * Its number; the next free one when not given. Ends of a veth pair in two namespaces should have different ones:
   * with equal ones the kernel takes up to a second to see that the other end is up (linkwatch_urgent_event, net/core/link_watch.c).
   */
  index?: number;
  /** MAC address; random when not given. */
  address?: string | Uint8Array;
  mtu?: number;
  /** Descriptor of the namespace to live in, when it is not this one. */
  namespaceFd?: number;
  /** The other end of a veth pair. */
  peer?: Omit<LinkSpec, 'kind' | 'peer' | 'parent' | 'vlan'>;
  /** The link below a VLAN link, and the tag; tpid is 0x8100 by default. */
  parent?: string;
  vlan?: { id: number; tpid?: number };
}

/** What can be changed on a link. */
export interface LinkSettings {
  up?: boolean;
  address?: string | Uint8Array;
  mtu?: number;
  name?: string;
  /** The bridge to join; '' leaves it. */
  master?: string;
  namespaceFd?: number;
  /** IPv4 packets that arrive here may be forwarded. */
  forwarding?: boolean;
  /** false: no IPv6 link-local address. */
  linkLocal?: boolean;
}

export interface Link {
  index: number;
  name: string;
  /** MAC address; '' for devices without. */
  address: string;
  mtu: number;
  up: boolean;
  /** Up, and what it is plugged into is too: packets can go out. */
  running: boolean;
  /** IFF_ flags, include/uapi/linux/if.h. */
  flags: number;
  /** Packets lost before they reached any socket: rx_fifo_errors and rx_missed_errors, as libpcap counts them. */
  receiveLosses: number;
  /** ARPHRD_ value of if_arp.h: 1 Ethernet, 772 loopback, 65534 no link header. */
  hardwareType: number;
  /** 'veth', 'vlan' ...; undefined for devices with a driver of their own. */
  kind: string | undefined;
  /** IFLA_LINK: number of the link below, or of the other end of a veth pair, which may be in another namespace. */
  lowerIndex: number | undefined;
  /** IFLA_MASTER: number of the bridge, bond, team, VRF or switch that it is a port of. */
  masterIndex: number | undefined;
  drops: LinkDrops;
}

/** What a link says it dropped, by the names of struct rtnl_link_stats64. */
export interface LinkDrops {
  rx_dropped: number;
  /** Not received for want of a free buffer. */
  rx_missed_errors: number;
  /** Came in on an inactive link, as of a bond. */
  rx_nohandler: number;
  /** For the MAC address of another host. */
  rx_otherhost_dropped: number;
  tx_dropped: number;
}

export interface RouteSpec {
  /** Network with prefix length, as '10.0.0.0/8'; '0.0.0.0/0' and '::/0' are default routes. */
  destination: string;
  gateway?: string;
  /** The link to send on; found from the gateway when not given. */
  link?: string;
}

/**
 * A netlink socket, bound to the network namespace it was opened in.
 *
 *   using links = new RouteSocket();
 *   links.createLink({ name: 'v0', kind: 'veth', peer: { name: 'v1', namespaceFd: other.fd } });
 *   links.addAddress('v0', '192.0.2.1/24');
 *   links.setLink('v0', { up: true });
 */
export class RouteSocket {
  private readonly socket: NetlinkSocket;

  constructor() {
    this.socket = new NetlinkSocket(NETLINK_ROUTE);
  }

  createLink(spec: LinkSpec): void {
    const info = { kind: spec.kind, data: kindData(spec) };
    const parent = spec.parent === undefined ? undefined : this.link(spec.parent).index;
    const attributes = encodeAttributes(LINK, { ...creation(spec), info, parent });
    this.change(`create the link ${spec.name}`, RTM.NEWLINK, MAKE, linkHeader(spec.index ?? 0), attributes);
  }

  setLink(name: string, settings: LinkSettings): void {
    const { up, master } = settings;
    const header = linkHeader(this.link(name).index, up ? IFF.UP : 0, up === undefined ? 0 : IFF.UP);
    const attributes = encodeAttributes(LINK, {
      address: optional(settings.address, macBytes),
      mtu: settings.mtu,
      name: settings.name,
      master: optional(master, (bridge) => (bridge === '' ? 0 : this.link(bridge).index)),
      namespaceFd: settings.namespaceFd,
      protocols: {
        inet: optional(settings.forwarding, (on) => ({ settings: { forwarding: Number(on) } })),
        inet6: optional(settings.linkLocal, (on) => ({ addressMode: on ? ADDRESS_MODE.EUI64 : ADDRESS_MODE.NONE })),
      },
    });
    this.change(`set the link ${name}`, RTM.SETLINK, 0, header, attributes);
  }

  deleteLink(name: string): void {
    this.change(`delete the link ${name}`, RTM.DELLINK, 0, linkHeader(this.link(name).index));
  }

  /** One link by name. */
  link(name: string): Link {
    const attributes = encodeAttributes(LINK, { name });
    const [answer] = this.socket.request(`find the link ${name}`, RTM.GETLINK, 0, linkHeader(0), attributes);
    return decodeLink(answer!.body);
  }

  /** All links of the namespace. */
  links(): Link[] {
    const answers = this.socket.request('list the links', RTM.GETLINK, NLM_F.DUMP, linkHeader(0));
    return answers.map(({ body }) => decodeLink(body));
  }

  /** Address with prefix length, as '192.0.2.1/24'. IPv6 addresses are usable at once: nobody is asked whether they are taken. */
  addAddress(link: string, address: string): void {
    const { family, bytes, length } = parsePrefix(address);
    const header = addressHeader(family, length, this.link(link).index);
    const attributes = encodeAttributes(ADDRESS, { local: bytes, address: bytes });
    this.change(`add the address ${address} to ${link}`, RTM.NEWADDR, MAKE, header, attributes);
  }

  addRoute({ destination, gateway, link }: RouteSpec): void {
    const { family, bytes, length } = parsePrefix(destination);
    const attributes = encodeAttributes(ROUTE, {
      destination: length === 0 ? undefined : bytes,
      gateway: optional(gateway, (address) => parsePrefix(address).bytes),
      outInterface: optional(link, (name) => this.link(name).index),
    });
    const header = routeHeader(family, length, gateway !== undefined);
    this.change(`add the route to ${destination}`, RTM.NEWROUTE, MAKE, header, attributes);
  }

  /** Writes an address's MAC address down, so that nobody needs to ask for it. */
  addNeighbour(link: string, address: string, linkAddress: string): void {
    const { family, bytes } = parsePrefix(address);
    const attributes = encodeAttributes(NEIGHBOUR, { address: bytes, linkAddress: macBytes(linkAddress) });
    const header = neighbourHeader(family, this.link(link).index);
    this.change(`add the neighbour ${address} on ${link}`, RTM.NEWNEIGH, MAKE, header, attributes);
  }

  private change(what: string, type: number, flags: number, ...parts: Uint8Array[]): void {
    this.socket.request(what, type, flags | NLM_F.ACK, ...parts);
  }

  [Symbol.dispose](): void {
    this.socket[Symbol.dispose]();
  }
}

/** Something new, which must not be there yet. */
const MAKE = NLM_F.CREATE | NLM_F.EXCL;

function optional<T, R>(value: T | undefined, convert: (value: T) => R): R | undefined {
  return value === undefined ? undefined : convert(value);
}

/** The attributes that both ends of a veth pair take. */
function creation({ name, address, mtu, namespaceFd }: Omit<LinkSpec, 'kind'>): AttributeValues<typeof LINK> {
  return { name, address: optional(address, macBytes), mtu, namespaceFd };
}

/** IFLA_INFO_DATA: what the kind of link has of its own. */
function kindData({ kind, peer, vlan }: LinkSpec): Uint8Array | undefined {
  if (kind === 'vlan') return encodeAttributes(VLAN, { id: vlan?.id, protocol: vlan?.tpid });
  if (kind !== 'veth' || peer === undefined) return undefined;
  return encodeAttributes(VETH, {
    peer: concatenate(linkHeader(peer.index ?? 0), encodeAttributes(LINK, creation(peer))),
  });
}

function decodeLink(body: Uint8Array): Link {
  const attributes = decodeAttributes(LINK, body, IFINFOMSG.size, body.length);
  const { address = new Uint8Array(0) } = attributes;
  const flags = readU32LE(body, IFINFOMSG.flags);
  return {
    index: readU32LE(body, IFINFOMSG.index),
    name: attributes.name ?? '',
    address: formatMac(address, 0, address.length),
    mtu: attributes.mtu ?? 0,
    up: (flags & IFF.UP) !== 0,
    running: (flags & IFF.RUNNING) !== 0,
    flags,
    receiveLosses: receiveLosses(attributes.statistics),
    hardwareType: readU16LE(body, IFINFOMSG.type),
    kind: attributes.info?.kind,
    masterIndex: attributes.master,
    lowerIndex: attributes.parent,
    drops: linkDrops(attributes.statistics),
  };
}

/** 0 for what this kernel does not count. */
function linkDrops(statistics: Uint8Array = new Uint8Array(0)): LinkDrops {
  const read = (at: number) => (at + 8 <= statistics.length ? Number(readU64LE(statistics, at)) : 0);
  return {
    rx_dropped: read(LINK_STATISTICS.receiveDropped),
    rx_missed_errors: read(LINK_STATISTICS.missedErrors),
    rx_nohandler: read(LINK_STATISTICS.noHandler),
    rx_otherhost_dropped: read(LINK_STATISTICS.otherHostDropped),
    tx_dropped: read(LINK_STATISTICS.transmitDropped),
  };
}

function receiveLosses(statistics: Uint8Array | undefined): number {
  if (statistics === undefined || statistics.length < LINK_STATISTICS.size) return 0;
  return Number(
    readU64LE(statistics, LINK_STATISTICS.fifoErrors) + readU64LE(statistics, LINK_STATISTICS.missedErrors),
  );
}

/** 'ADDRESS/LENGTH', or an address alone with all its bits. */
function parsePrefix(text: string): { family: number; bytes: Uint8Array; length: number } {
  const [address, length] = text.split('/', 2) as [string, string?];
  const bytes = parseIpv4(address) ?? parseIpv6(address);
  const bits = 8 * (bytes?.length ?? 0);
  const prefix = length === undefined ? bits : Number(length);
  if (bytes === undefined || !(prefix >= 0 && prefix <= bits)) throw new TypeError(`cannot read the address: ${text}`);
  return { family: bits === 32 ? AF.INET : AF.INET6, bytes, length: prefix };
}
