// Debian's kernels for `npm run test:kernels`: found with apt-cache, downloaded with apt-get and unpacked without being
// installed, into the user's cache folder, where the next run finds them. Needs no privilege.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The long-term series that Debian 12 has, in the release and in its backports; of each the newest build is taken. */
export const SERIES = {
  6.1: /^linux-image-6\.1\.\d+-(\d+)-amd64-unsigned$/,
  6.12: /^linux-image-6\.12\.(\d+)\+deb\d+-amd64-unsigned$/,
};

/** What of a kernel's modules is not kept: hardware, and what has nothing to do with networks. */
const LEFT_OUT = [
  ...['sound', 'samples', 'security', 'mm', 'block', 'arch/x86/kvm', 'arch/x86/events'],
  ...['drivers/[!nv]*', 'drivers/n[!e]*', 'drivers/v[!i]*', 'drivers/video'],
  ...['fs/[!9fno]*', 'fs/n[!e]*', 'fs/f[!s]*', 'fs/o[!v]*'],
  ...['ethernet', 'wireless', 'usb', 'phy', 'wwan', 'can', 'hamradio', 'arcnet', 'fddi', 'dsa', 'ieee802154'].map(
    (kind) => `drivers/net/${kind}`,
  ),
  ...['mac80211', 'wireless', 'bluetooth', 'sunrpc', 'ceph', 'nfc', 'atm', 'can', 'rds', 'rxrpc', 'smc', 'tipc'].map(
    (family) => `net/${family}`,
  ),
];

/** Where unpacked kernels are kept. */
function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'pathcap', 'kernels');
}

/**
 * The newest kernel of a series, unpacked: `{ release, image, modules }`, where `modules` is the folder that belongs at
 * /lib/modules. Throws an Error that says why there is none.
 */
export function findKernel(series) {
  const cache = cacheFolder();
  const found = newestPackage(series);
  if (found === undefined) {
    const kept = existsSync(cache) ? readdirSync(cache).filter((name) => SERIES[series].test(name.split('_')[0])) : [];
    if (kept.length === 0) throw new Error(`cannot find a kernel ${series}: no such package in Debian's lists`);
    return unpackedKernel(join(cache, kept.sort(byNumbers).at(-1)));
  }
  const folder = join(cache, `${found.name}_${found.version}`);
  if (!existsSync(folder)) unpack(found, folder, cache);
  return unpackedKernel(folder);
}

function unpackedKernel(folder) {
  const image = readdirSync(join(folder, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  return {
    release: image.slice('vmlinuz-'.length),
    image: join(folder, 'boot', image),
    modules: join(folder, 'modules'),
  };
}

function newestPackage(series) {
  const names = lines('apt-cache', 'pkgnames', `linux-image-${series}.`).filter((name) => SERIES[series].test(name));
  const name = names.sort(byNumbers).at(-1);
  if (name === undefined) return undefined;
  const shown = lines('apt-cache', 'show', '--no-all-versions', name);
  const version = shown.find((line) => line.startsWith('Version: '))?.slice('Version: '.length);
  return version === undefined ? undefined : { name, version };
}

/** 6.1.0-9 before 6.1.0-10. */
function byNumbers(a, b) {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** Everything is done beside its place and moved there at the end, so that what is in the cache is whole. */
function unpack({ name, version }, folder, cache) {
  console.error(`downloading the kernel ${name} ${version} ...`);
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, '.unpacking-'));
  try {
    run(work, 'apt-get', 'download', '-qq', '-o', 'APT::Sandbox::User=', `${name}=${version}`);
    const unpacked = join(work, 'unpacked');
    mkdirSync(unpacked);
    const leftOut = LEFT_OUT.map((pattern) => `--exclude='*/kernel/${pattern}'`).join(' ');
    const kept = "'./boot/vmlinuz-*' '*/modules/*'";
    run(work, 'sh', '-c', `dpkg-deb --fsys-tarfile *.deb | tar -x -C unpacked --wildcards ${leftOut} ${kept}`);
    const library = existsSync(join(unpacked, 'usr/lib/modules')) ? 'usr/lib' : 'lib';
    const [release] = readdirSync(join(unpacked, library, 'modules'));
    run(unpacked, 'sh', '-c', 'find . -name "*.ko.xz" -exec busybox unxz {} +');
    run(unpacked, 'busybox', 'depmod', '-b', library === 'lib' ? '.' : 'usr', release);
    if (library !== 'lib') renameSync(join(unpacked, library), join(unpacked, 'lib'));
    renameSync(join(unpacked, 'lib', 'modules'), join(unpacked, 'modules'));
    if (!existsSync(folder)) renameSync(unpacked, folder);
    for (const other of readdirSync(cache)) if (isOlder(other, `${name}_${version}`)) remove(join(cache, other));
  } finally {
    remove(work);
  }
}

/** Whether it is another build of the same series. */
function isOlder(entry, current) {
  const pattern = Object.values(SERIES).find((one) => one.test(current.split('_')[0]));
  return entry !== current && pattern.test(entry.split('_')[0]);
}

function remove(path) {
  rmSync(path, { recursive: true, force: true });
}

function lines(command, ...args) {
  const { stdout, status } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  return status === 0 ? stdout.split('\n') : [];
}

function run(cwd, command, ...args) {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot run ${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
