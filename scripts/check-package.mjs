// Packs the project, installs the tarball into an empty folder as a user would, and runs it there.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, root } from './setup.mjs';

/** Every sub-path of package.json's exports with something it must offer. */
const IMPORTS = {
  'pathcap/bytes': 'internetChecksum',
  'pathcap/packet': 'copyPacket',
  'pathcap/wire': 'frame',
  'pathcap/bpf': 'runProgram',
  'pathcap/ebpf': 'compileProbeFilter',
  'pathcap/file': 'PcapWriter',
  'pathcap/filter': 'compileFilter',
  'pathcap/dissect': 'dissect',
  'pathcap/path': 'journeyText',
  'pathcap/disk': 'openCapture',
  'pathcap/capture': 'openRing',
  'pathcap/trace': 'JourneyTrace',
};

function check(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new Error(`${command} ${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`);
}

await prepare();
const folder = mkdtempSync(join(tmpdir(), 'pathcap-package-'));
try {
  const tarball = check('npm', ['pack', '--silent', '--pack-destination', folder], root).split('\n').at(-1);
  writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }\n');
  check('npm', ['install', '--no-audit', '--no-fund', join(folder, tarball)], folder);
  const version = check(join(folder, 'node_modules', '.bin', 'pathcap'), ['--version'], folder);
  const lines = Object.entries(IMPORTS).map(
    ([path, name], i) =>
      `import { ${name} as n${i} } from '${path}'; if (typeof n${i} !== 'function') throw new Error('${path}: ${name}');`,
  );
  writeFileSync(join(folder, 'imports.mjs'), `${lines.join('\n')}\n`);
  check(process.execPath, ['imports.mjs'], folder);
  console.log(`${tarball} installs and runs: ${version.split('\n')[0]}`);
} finally {
  rmSync(folder, { recursive: true });
}
