// Room 6: system calls, AF_PACKET rings, interfaces, netlink, network namespaces. Everything here touches the machine.
export { SystemError } from './system-error.ts';
