// What each CPU has for reception (struct softnet_data, include/linux/netdevice.h, v6.18), and NAPI: devices that are polled
// (net/core/dev.c: __napi_schedule, napi_complete_done, net_rx_action). Time limits are those of the virtual clock, where the
// kernel counts whole jiffies.
import type { Net } from './net.ts';
import type { SkBuff } from './sk-buff.ts';

/** NAPI_POLL_WEIGHT, and net.core.dev_weight for the backlog. */
const WEIGHT = 64;
/** net/core/hotdata.c; two jiffies, with HZ at 1000. */
const BUDGET = 300;
const BUDGET_USECS = 2000;

/** struct napi_struct: something that is polled for packets while it has any. */
export class NapiStruct {
  readonly weight: number;
  /** Takes up to `budget` packets, tells how many; calls napiCompleteDone when it were fewer. */
  readonly poll: (net: Net, budget: number) => number;
  /** NAPI_STATE_SCHED. */
  isScheduled = false;

  constructor(poll: NapiStruct['poll'], weight = WEIGHT) {
    this.poll = poll;
    this.weight = weight;
  }
}

/** Of one CPU; the counters are columns of /proc/net/softnet_stat. */
export class SoftnetData {
  readonly cpu: number;
  readonly inputPktQueue: SkBuff[] = [];
  /** Taken over from inputPktQueue, and no longer limited. */
  readonly processQueue: SkBuff[] = [];
  readonly pollList: NapiStruct[] = [];
  readonly repoll: NapiStruct[] = [];
  processed = 0;
  dropped = 0;
  timeSqueeze = 0;
  /** Times that another CPU woke this one for its backlog: rps_trigger_softirq. */
  receivedRps = 0;
  /** process_backlog is polled as a device is. */
  readonly backlog: NapiStruct;

  constructor(cpu: number, poll: (net: Net, of: SoftnetData, budget: number) => number) {
    this.cpu = cpu;
    this.backlog = new NapiStruct((net, budget) => poll(net, this, budget));
  }
}

/** napi_schedule: it will be polled. False when it was to be already. */
export function napiSchedule(cpu: SoftnetData, napi: NapiStruct): boolean {
  if (napi.isScheduled) return false;
  napi.isScheduled = true;
  cpu.pollList.push(napi);
  return true;
}

/** napi_complete_done: nothing is left to poll for. */
export function napiCompleteDone(napi: NapiStruct): void {
  napi.isScheduled = false;
}

/** One run of the softirq on a CPU. True when work is left: the softirq is raised again. */
export function netRxAction(net: Net, cpu: SoftnetData): boolean {
  const before = net.cpu;
  net.cpu = cpu;
  const endNs = net.nowNs + net.sysctls.numberOr('net.core.netdev_budget_usecs', BUDGET_USECS) * 1000;
  let budget = net.sysctls.numberOr('net.core.netdev_budget', BUDGET);
  // Those that were waiting, and, while nothing is to be polled again, those that were scheduled meanwhile.
  for (let left = cpu.pollList.length; left > 0; ) {
    budget -= napiPoll(net, cpu, cpu.pollList.shift()!);
    left--;
    if (budget <= 0 || net.nowNs >= endNs) {
      cpu.timeSqueeze++;
      break;
    }
    if (left === 0 && cpu.repoll.length === 0) left = cpu.pollList.length;
  }
  for (const napi of cpu.repoll) cpu.pollList.push(napi);
  cpu.repoll.length = 0;
  net.cpu = before;
  return cpu.pollList.length > 0;
}

function napiPoll(net: Net, cpu: SoftnetData, napi: NapiStruct): number {
  const work = napi.poll(net, napi.weight);
  if (work >= napi.weight && napi.isScheduled) cpu.repoll.push(napi);
  return work;
}
