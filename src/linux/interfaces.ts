// The interfaces that can be captured on, and what each offers: for pathcap -D, -L and -J. Flags and order as libpcap's
// (pcap_findalldevs); pseudo-devices that need no packet socket (nflog, nfqueue, usbmon, bluetooth, D-Bus) are not listed.
import { readU32LE } from '../bytes/index.ts';
import type { LinkType } from '../wire/index.ts';
import { ANY } from './capture-ring.ts';
import { AF, closeDescriptor, ioctlWithPointer, SOCK, socket } from './ffi.ts';
import { linkTypeFor } from './link-type-of.ts';
import { RouteSocket } from './netlink.ts';
import { hardwareTypeOf, interfaceIndexOf, interfaceRequest } from './packet-socket.ts';
import { IFF } from './rtnetlink.ts';
import { ERRNO, SystemError } from './system-error.ts';

export interface InterfaceInfo {
  name: string;
  description?: string;
  up: boolean;
  running: boolean;
  loopback: boolean;
  /** undefined where there is nothing to connect. */
  connected: boolean | undefined;
}

/** include/uapi/linux/sockios.h and ethtool.h (v6.18). */
const SIOCETHTOOL = 0x8946;
const ETHTOOL_GLINK = 0x0a;
const ETHTOOL_GET_TS_INFO = 0x41;

/** struct ethtool_value. */
const ETHTOOL_VALUE = { command: 0, data: 4, size: 8 } as const;

/** struct ethtool_ts_info. */
const ETHTOOL_TS_INFO = { command: 0, timestamping: 4, size: 44 } as const;
const SOF_TIMESTAMPING_RAW_HARDWARE = 1 << 6;

/** All interfaces of this namespace and `any`, the most promising first. */
export function listInterfaces(): InterfaceInfo[] {
  using routes = new RouteSocket();
  const fd = openQuestionSocket('list the interfaces');
  try {
    const links = routes.links().map(({ name, flags }): InterfaceInfo => {
      const loopback = (flags & IFF.LOOPBACK) !== 0;
      return {
        name,
        up: (flags & IFF.UP) !== 0,
        running: (flags & IFF.RUNNING) !== 0,
        loopback,
        connected: loopback ? undefined : isConnected(fd, name),
      };
    });
    return [...links, ALL_INTERFACES].sort((a, b) => merit(a) - merit(b));
  } finally {
    closeDescriptor(fd);
  }
}

/** For interface ioctls only: they are the same on a socket of any family, and this one needs no privilege. */
function openQuestionSocket(what: string): number {
  return socket(AF.INET, SOCK.DGRAM, 0, what);
}

const ALL_INTERFACES: InterfaceInfo = {
  name: ANY,
  description: 'Pseudo-device that captures on all interfaces',
  up: true,
  running: true,
  loopback: false,
  connected: undefined,
};

/** Lower is better, as libpcap sorts: running, up, connected, no loopback, not `any`. */
function merit({ name, up, running, loopback, connected }: InterfaceInfo): number {
  const faults = [!running, !up, connected === false, loopback, name === ANY];
  return faults.reduce((sum, fault) => 2 * sum + Number(fault), 0);
}

function isConnected(fd: number, name: string): boolean | undefined {
  const value = ethtool(fd, name, ETHTOOL_GLINK, ETHTOOL_VALUE.size);
  return value === undefined ? undefined : readU32LE(value, ETHTOOL_VALUE.data) !== 0;
}

/** The answer of an ethtool command; undefined when the interface does not know it. */
function ethtool(fd: number, name: string, command: number, size: number): Uint8Array | undefined {
  const value = new Uint8Array(size);
  new DataView(value.buffer).setUint32(ETHTOOL_VALUE.command, command, true);
  try {
    ioctlWithPointer(fd, SIOCETHTOOL, interfaceRequest(name), value, `ask ${name} about its link`);
    return value;
  } catch (error) {
    const unknown: readonly number[] = [ERRNO.EOPNOTSUPP, ERRNO.EINVAL, ERRNO.ENODEV];
    if (error instanceof SystemError && unknown.includes(error.errno)) return undefined;
    throw error;
  }
}

/** The link types that a capture on the interface can have: one. Throws SystemError when there is no such interface. */
export function linkTypesOf(name: string): LinkType[] {
  const fd = openQuestionSocket(`ask about ${name}`);
  try {
    if (name === ANY) return [linkTypeFor(undefined).linkType];
    return [linkTypeFor(hardwareTypeOf(fd, existing(fd, name))).linkType];
  } finally {
    closeDescriptor(fd);
  }
}

function existing(fd: number, name: string): string {
  if (interfaceIndexOf(fd, name) !== undefined) return name;
  const hint = 'pathcap -D lists the interfaces';
  throw new SystemError(`ask about ${name}`, ERRNO.ENODEV, { detail: 'no such interface', hint });
}

export type TimestampType = 'host' | 'adapter_unsynced';

/** Where timestamps can come from: the kernel always, the adapter where its driver says so. */
export function timestampTypesOf(name: string): TimestampType[] {
  if (name === ANY) return ['host'];
  const fd = openQuestionSocket(`ask about ${name}`);
  try {
    const info = ethtool(fd, existing(fd, name), ETHTOOL_GET_TS_INFO, ETHTOOL_TS_INFO.size);
    const flags = info === undefined ? 0 : readU32LE(info, ETHTOOL_TS_INFO.timestamping);
    return (flags & SOF_TIMESTAMPING_RAW_HARDWARE) === 0 ? ['host'] : ['host', 'adapter_unsynced'];
  } finally {
    closeDescriptor(fd);
  }
}
