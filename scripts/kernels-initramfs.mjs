// The first root of a guest: an archive that the kernel unpacks at start. It holds busybox, the modules for the way to the
// machine's own files, and a script that makes those the root: read only, what the guest writes stays in its memory.
// Format: cpio "newc", Documentation/driver-api/early-userspace/buffer-format.rst (v6.18).
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Files of the machine through virtio, and a layer above them that can be written. */
const MODULES = ['virtio_pci', '9pnet_virtio', '9p', 'overlay'];

/** The tag under which qemu offers the machine's files. */
export const FILES_TAG = 'machine';

const TYPE = { folder: 0o040755, file: 0o100755 };

/** `busybox` is its path, `modules` the kernel's module folder, `next` the command that goes on in the new root. */
export function initramfs({ busybox, modules, next }) {
  const archive = new Archive();
  for (const folder of ['proc', 'sys', 'dev', 'machine', 'layer', 'root']) archive.folder(folder);
  archive.file('bin/busybox', readFileSync(busybox));
  for (const library of librariesOf(busybox)) archive.file(library, readFileSync(library));
  const inserted = modulesNeeded(modules);
  for (const path of inserted) archive.file(join('modules', basename(path)), readFileSync(path));
  archive.file('init', Buffer.from(initScript(inserted, modules, next)));
  return archive.end();
}

function initScript(inserted, modules, next) {
  const options = 'trans=virtio,version=9p2000.L,msize=1048576,cache=loose,ro';
  return `#!/bin/busybox sh
/bin/busybox mkdir -p /bin && /bin/busybox --install -s /bin
set -e
mount -t proc proc /proc
mount -t devtmpfs dev /dev
${inserted.map((path) => `insmod /modules/${basename(path)}`).join('\n')}
mount -t 9p -o ${options} ${FILES_TAG} /machine
mount -t tmpfs layer /layer
mkdir /layer/files /layer/work
mount -t overlay -o lowerdir=/machine,upperdir=/layer/files,workdir=/layer/work root /root
mkdir -p /root/lib/modules
mount --bind ${quoted(join('/root', modules))} /root/lib/modules
mount --move /proc /root/proc
mount --move /dev /root/dev
exec switch_root /root ${next.map(quoted).join(' ')}
`;
}

function quoted(word) {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** The shared libraries of a program, and what loads them. None when it is linked statically. */
function librariesOf(program) {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path);
}

/** Paths of MODULES with those that they need before them. Modules that are built in have no line in modules.dep. */
function modulesNeeded(modules) {
  const [release] = readdirSync(modules);
  const folder = join(modules, release);
  const needs = new Map();
  for (const line of readFileSync(join(folder, 'modules.dep'), 'utf8').split('\n')) {
    const [path = '', others = ''] = line.split(':');
    needs.set(basename(path, '.ko'), { path, others: others.split(' ').filter((one) => one !== '') });
  }
  const rows = MODULES.map((name) => needs.get(name)).filter((row) => row !== undefined);
  const order = rows.flatMap(({ path, others }) => [...others.toReversed(), path]);
  return [...new Set(order)].map((path) => join(folder, path));
}

/** Headers are text: "070701" and 13 numbers of 8 hexadecimal digits; names and contents are filled up to 4 bytes. */
class Archive {
  #parts = [];
  #folders = new Set();
  #number = 0;

  folder(path) {
    if (path === '.' || path === '/' || this.#folders.has(path)) return;
    this.folder(dirname(path));
    this.#folders.add(path);
    this.#entry(path, TYPE.folder, Buffer.alloc(0));
  }

  file(path, content) {
    const inside = path.replace(/^\//, '');
    this.folder(dirname(inside));
    this.#entry(inside, TYPE.file, content);
  }

  end() {
    this.#entry('TRAILER!!!', 0, Buffer.alloc(0));
    return Buffer.concat(this.#parts);
  }

  #entry(path, mode, content) {
    const name = Buffer.from(`${path}\0`);
    const [owner, group, links, time, device] = [0, 0, 1, 0, 0];
    const numbers = [this.#number++, mode, owner, group, links, time, content.length, device, device, device, device];
    const fields = [...numbers, name.length, 0].map((one) => one.toString(16).padStart(8, '0')).join('');
    this.#filled(Buffer.concat([Buffer.from(`070701${fields}`), name]));
    this.#filled(content);
  }

  #filled(bytes) {
    this.#parts.push(bytes, Buffer.alloc(-bytes.length & 3));
  }
}
