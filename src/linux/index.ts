// Room 6: system calls, AF_PACKET rings, interfaces, netlink, network namespaces. Everything here touches the machine.
export { createNetworkNamespace, inNamespace, NetworkNamespace, openNetworkNamespace } from './namespace.ts';
export { type Link, type LinkSettings, type LinkSpec, RouteSocket, type RouteSpec } from './netlink.ts';
export { SystemError } from './system-error.ts';
