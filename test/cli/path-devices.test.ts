// Names of devices in namespaces that are only known by their inode number.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { DeviceNames } from '../../src/cli/path-devices.ts';
import { has } from '../support/needs.ts';
import { VethWorld } from '../support/veth.ts';

const inodeAt = (path: string) => statSync(path).ino;
const descriptors = () => readdirSync('/proc/self/fd').length;

describe.skipIf(!has('linux', 'root'))('names of devices', () => {
  const world = new VethWorld();
  afterAll(() => world[Symbol.dispose]());
  const inode = inodeAt(`/proc/self/fd/${world.namespace.fd}`);

  test('of our own namespace', () => {
    expect(new DeviceNames().nameOf(inodeAt('/proc/self/ns/net'), 1)).toBe('lo');
  });

  test('of one that is only held by a descriptor, without keeping it', () => {
    const before = descriptors();
    const names = new DeviceNames();
    expect([1, 2, 3].map((index) => names.nameOf(inode, index)).sort()).toEqual(['lo', 'v0', 'v1']);
    expect(descriptors()).toBe(before);
  });

  test.skipIf(!has('tool:ip'))('of one that ip(8) has named', () => {
    const name = `pathcap-${process.pid}`;
    spawnSync('ip', ['netns', 'add', name]);
    try {
      expect(new DeviceNames().nameOf(inodeAt(`/run/netns/${name}`), 1)).toBe('lo');
    } finally {
      spawnSync('ip', ['netns', 'delete', name]);
    }
  });

  test('are none where nobody tells', () => {
    const names = new DeviceNames();
    expect([names.nameOf(1, 1), names.nameOf(inode, 99)]).toEqual([undefined, undefined]);
  });
});
