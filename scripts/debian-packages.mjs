// The programs that tests use as oracles and peers, with the Debian package of each.

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export const PROGRAMS = {
  tcpdump: 'tcpdump',
  tshark: 'tshark',
  editcap: 'wireshark-common',
  ip: 'iproute2',
  unshare: 'util-linux',
  iptables: 'iptables',
  nft: 'nftables',
  ethtool: 'ethtool',
};

function installed(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Installs what is missing when this is root on Debian; otherwise says what is missing and what it costs. */
export function installDebianPackages() {
  const missing = Object.keys(PROGRAMS).filter((program) => !installed(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => PROGRAMS[program]))];
  if (process.getuid?.() !== 0 || !installed('apt-get')) {
    console.error(`not on this machine: ${missing.join(', ')}. Tests that need them are skipped.`);
    console.error(`On Debian, as root: apt-get install ${packages.join(' ')}`);
    return;
  }
  console.error(`installing Debian packages: ${packages.join(' ')} ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
  apt('update', '-qq');
  if (!apt('install', '-y', '-qq', '--no-install-recommends', ...packages)) {
    console.error(`cannot install all of them: tests that need ${missing.join(', ')} are skipped`);
  }
}
