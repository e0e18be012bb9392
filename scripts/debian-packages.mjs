// The programs that tests use as oracles and as real peers, by Debian package. None of these packages starts a service.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

const PROGRAMS = rows({
  tcpdump: 'tcpdump',
  tshark: 'tshark',
  'wireshark-common': 'editcap mergecap capinfos',
  iproute2: 'ip',
  iptables: 'iptables ip6tables',
  nftables: 'nft',
  ethtool: 'ethtool',
  'util-linux': 'unshare setpriv nsenter script taskset setarch',
  bsdutils: 'logger',
  'iputils-ping': 'ping',
  'iputils-tracepath': 'tracepath',
  'iputils-arping': 'arping',
  traceroute: 'traceroute',
  hping3: 'hping3',
  socat: 'socat',
  busybox: 'busybox',
  bpftool: 'bpftool',
  curl: 'curl',
  wget: 'wget',
  openssl: 'openssl',
  iperf3: 'iperf3',
  'netcat-openbsd': 'nc',
  'netsniff-ng': 'mausezahn',
  pppoe: 'pppoe pppoe-server',
  ndisc6: 'ndisc6 rdisc6',
  'dnsmasq-base': 'dnsmasq',
  'bind9-dnsutils': 'dig nslookup nsupdate',
  'bind9-host': 'host',
  'isc-dhcp-client': 'dhclient',
  'dropbear-bin': 'dropbear dropbearkey dbclient',
  'libusrsctp-examples': '/usr/lib/usrsctp/client /usr/lib/usrsctp/echo_server',
  'ntpsec-ntpdig': 'ntpdig',
  snmp: 'snmpget snmptrap',
  'freeradius-utils': 'radclient',
  'sip-tester': 'sipp',
  gcc: 'gcc',
  'libpcap-dev': 'pcap-config',
  chromium: 'chromium',
  groff: 'groff',
  'man-db': 'man',
  zsh: 'zsh',
  fish: 'fish',
});

/** What tests in other kernels need besides (scripts/kernels.mjs). */
export const KERNEL_PROGRAMS = rows({ 'qemu-system-x86': 'qemu-system-x86_64' });

function rows(programsByPackage) {
  return Object.entries(programsByPackage).flatMap(([debianPackage, programs]) =>
    programs.split(' ').map((program) => ({ program, debianPackage })),
  );
}

/** The path of a program; undefined when it is not on this machine. */
export function findProgram(program) {
  const folders = isAbsolute(program) ? [''] : [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => (folder === '' ? program : join(folder, program))).find(isExecutable);
}

function isInstalled({ program }) {
  return findProgram(program) !== undefined;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Installs what is missing when this is root on Debian; otherwise says what is missing and what it costs. */
export function installDebianPackages(besides = []) {
  const missing = [...PROGRAMS, ...besides].filter((row) => !isInstalled(row));
  if (missing.length === 0) return;
  const names = missing.map(({ program }) => program).join(', ');
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))];
  if (process.getuid?.() !== 0 || !isInstalled({ program: 'apt-get' })) {
    console.error(`not on this machine: ${names}. Tests that need them are skipped.`);
    console.error(`On Debian, as root: apt-get install ${packages.join(' ')}`);
    return;
  }
  console.error(`installing Debian packages: ${packages.join(' ')} ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
  apt('update', '-qq');
  if (!apt('install', '-y', '-qq', '--no-install-recommends', ...packages)) {
    console.error(`cannot install all of them: tests that need ${names} are skipped`);
  }
}
