// The ring buffer against real programs, which BPF_PROG_TEST_RUN lets write: every record once, in order, over many wraps; a
// starved reader loses exactly what programs could not reserve.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assembleEbpf, ebpf, MAP_TYPE, PROGRAM_TYPE } from '../../src/ebpf/index.ts';
import { BpfMap, BpfProgram, RingBuffer } from '../../src/linux/index.ts';
import { has } from '../support/needs.ts';

const { R0, R1, R2, R3, R6, R7 } = ebpf;
const { add, call, exit, jumpIf, label, load, loadMap, loadMapValue, mov, store } = ebpf;

const FRAME = new Uint8Array(64);
const RECORD_BYTES = 20;
const NO_WAKEUP = 1;

/** Numbers its runs from 0; writes the number into a record, or counts that there was no room. */
function writer() {
  return assembleEbpf([
    loadMapValue(R6, 'counts'),
    load('u64', R7, R6, 0),
    mov(R1, R7),
    add(R1, 1),
    store('u64', R6, 0, R1),
    loadMap(R1, 'ring'),
    mov(R2, RECORD_BYTES),
    mov(R3, 0),
    call('ringbuf_reserve'),
    jumpIf(R0, '!=', 0, 'write'),
    load('u64', R1, R6, 8),
    add(R1, 1),
    store('u64', R6, 8, R1),
    mov(R0, 0),
    exit(),
    label('write'),
    store('u64', R0, 0, R7),
    mov(R1, R0),
    mov(R2, NO_WAKEUP),
    call('ringbuf_submit'),
    mov(R0, 0),
    exit(),
  ]);
}

const counts = () => BpfMap.create({ name: 'counts', type: MAP_TYPE.ARRAY, keyBytes: 4, valueBytes: 16, entries: 1 });
const lostOf = (map: BpfMap) => Number(new DataView(map.lookUp(new Uint8Array(4))!.buffer).getBigUint64(8, true));

describe.skipIf(!has('root'))('the ring buffer', () => {
  it('hands over every record once and in order, over many wraps', () => {
    using ring = RingBuffer.create('ring', 4096);
    using map = counts();
    using program = loadWriter(ring, map);
    const seen: number[] = [];
    let expected = 0;
    for (let round = 0; round < 200; round++) {
      const runs = 1 + (round % 70);
      program.testRun(FRAME, runs);
      expected += runs;
      ring.read((data, at, length) => {
        expect(length).toBe(RECORD_BYTES);
        seen.push(Number(data.getBigUint64(at, true)));
      });
    }
    expect(seen).toEqual(Array.from({ length: expected }, (_, i) => i));
    expect(ring.pending).toBe(0);
  });

  it('loses what finds no room, and nothing else', () => {
    using ring = RingBuffer.create('ring', 4096);
    using map = counts();
    using program = loadWriter(ring, map);
    program.testRun(FRAME, 1000);
    let read = 0;
    ring.read(() => read++);
    expect(read).toBe(Math.floor(4096 / 32) - 1);
    expect(read + lostOf(map)).toBe(1000);
  });

  it('stops at its limit and goes on there', () => {
    using ring = RingBuffer.create('ring', 4096);
    using map = counts();
    using program = loadWriter(ring, map);
    program.testRun(FRAME, 10);
    const seen: number[] = [];
    const take = (data: DataView, at: number) => seen.push(Number(data.getBigUint64(at, true)));
    expect(ring.read(take, 3 * 32)).toBe(3);
    expect(ring.read(take)).toBe(7);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('leaves no descriptor behind, and reads nothing once disposed', () => {
    const before = readdirSync('/proc/self/fd').length;
    const ring = RingBuffer.create('ring', 4096);
    ring[Symbol.dispose]();
    ring[Symbol.dispose]();
    expect(ring.read(() => {})).toBe(0);
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});

function loadWriter(ring: RingBuffer, map: BpfMap): BpfProgram {
  return BpfProgram.load(
    { name: 'writer', type: PROGRAM_TYPE.SCHED_CLS, instructions: writer() },
    { maps: [ring.map, map] },
  );
}
