// The receive ring of a device with NAPI: frames wait in it until they are polled, and are lost, unseen by the kernel, when it
// is full. What drivers of network cards have in common; drivers/net/ethernet/intel/e1000e/netdev.c (e1000_intr, e1000e_poll), v6.18.
import { receiveFrame } from './dev-input.ts';
import type { Net } from './net.ts';
import type { NetDevice } from './net-device.ts';
import { NapiStruct, napiCompleteDone, napiSchedule, type SoftnetData } from './softnet.ts';

export interface RxRingOptions {
  /** Frames that fit. */
  readonly size?: number;
  readonly weight?: number;
  /** The CPU that gets its interrupts; default the first. */
  readonly cpu?: SoftnetData;
}

/**
 * A ring, and its interrupt.
 *
 *   const ring = new RxRing(net, dev, { size: 256 });
 *   ring.arrive(frame);
 *   while (netRxAction(net, ring.cpu));
 */
export class RxRing {
  readonly napi: NapiStruct;
  readonly cpu: SoftnetData;
  readonly size: number;
  isInterruptOn = true;
  interrupts = 0;
  /** Frames that found no room. */
  rxMissed = 0;
  private readonly dev: NetDevice;
  private readonly frames: Uint8Array[] = [];

  constructor(net: Net, dev: NetDevice, { size = 256, weight, cpu = net.cpus[0]! }: RxRingOptions = {}) {
    this.dev = dev;
    this.size = size;
    this.cpu = cpu;
    this.napi = new NapiStruct((at, budget) => this.poll(at, budget), weight);
  }

  /** The card puts a frame into the ring. True when it interrupts for it. */
  arrive(frame: Uint8Array): boolean {
    if (this.frames.length >= this.size) {
      this.rxMissed++;
      return false;
    }
    this.frames.push(frame);
    if (!this.isInterruptOn) return false;
    this.interrupts++;
    this.isInterruptOn = false;
    napiSchedule(this.cpu, this.napi);
    return true;
  }

  private poll(net: Net, budget: number): number {
    let work = 0;
    for (; work < budget && this.frames.length > 0; work++) receiveFrame(net, this.dev, this.frames.shift()!);
    if (work < budget) {
      napiCompleteDone(this.napi);
      this.isInterruptOn = true;
    }
    return work;
  }
}
