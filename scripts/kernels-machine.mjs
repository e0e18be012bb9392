// One guest under qemu, in software (TCG), so that no privilege and no nested virtualisation is needed: its kernel's messages
// go to a file, what its tests report comes line by line. It ends with this process, however that ends.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { FILES_TAG, initramfs } from './kernels-initramfs.mjs';

const MEMORY_MIB = 1536;

/**
 * Messages on the second serial line; no time for what no one attacks; back to us at once when the kernel stops; no doubts about
 * timers, which come late when the machine has much to do.
 */
const KERNEL_OPTIONS =
  'console=ttyS1 quiet panic=-1 mitigations=off cryptomgr.notests no_timer_check tsc=reliable nowatchdog';

/**
 * Starts a kernel (`findKernel`). `next` is the command that runs in it as the first process, `log` the path for the
 * kernel's messages. `onLine` is called with each line that comes over the first serial line (/dev/ttyS0 in the guest).
 * Returns the process; its `ended` resolves when it is gone.
 */
export function startMachine({ kernel, tools, next, archive, log, cpus, onLine }) {
  writeFileSync(archive, initramfs({ busybox: tools.busybox, modules: kernel.modules, next }));
  const qemu = [
    ...[tools.qemu, '-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none'],
    ...['-machine', 'q35,accel=tcg', '-cpu', 'max', '-smp', String(cpus), '-m', String(MEMORY_MIB)],
    ...['-kernel', kernel.image, '-initrd', archive, '-append', KERNEL_OPTIONS],
    ...['-fsdev', 'local,id=files,path=/,security_model=none,readonly=on,multidevs=remap'],
    ...['-device', `virtio-9p-pci,fsdev=files,mount_tag=${FILES_TAG}`],
    ...['-device', 'virtio-rng-pci'],
    ...['-serial', 'stdio', '-serial', `file:${log}`],
  ];
  const child = spawn(tools.setpriv, ['--pdeathsig', 'KILL', ...qemu], { stdio: ['pipe', 'pipe', 'pipe'] });
  const complaints = [];
  child.stderr.setEncoding('utf8').on('data', (text) => complaints.push(text));
  createInterface({ input: child.stdout }).on('line', onLine);
  const ended = new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', () => resolve(complaints.join('').trim()));
  });
  return { child, ended };
}
