// The switches of net.*: what `sysctl -a` prints, with the kernel's defaults for what is not given, and how those of a device
// and those of all devices are put together (include/linux/inetdevice.h, IN_DEV_*, v6.18).

/** Defaults of the kernel for what a state does not tell; documented in Documentation/networking/ip-sysctl.rst (v6.18). */
const DEFAULTS: Readonly<Record<string, number>> = {
  'net.core.netdev_max_backlog': 1000,
  'net.core.netdev_budget': 300,
  'net.core.dev_weight': 64,
  'net.ipv4.ip_forward': 0,
  'net.ipv4.ip_default_ttl': 64,
  'net.ipv4.ip_early_demux': 1,
  'net.ipv4.icmp_echo_ignore_all': 0,
  'net.ipv4.icmp_echo_ignore_broadcasts': 1,
  'net.ipv4.ipfrag_time': 30,
  'net.netfilter.nf_conntrack_checksum': 1,
  'net.netfilter.nf_conntrack_max': 262_144,
  'net.netfilter.nf_conntrack_tcp_loose': 1,
  'net.netfilter.nf_conntrack_tcp_max_retrans': 3,
};

/** Of net.ipv4.conf.DEVICE. */
const CONF_DEFAULTS: Readonly<Record<string, number>> = {
  send_redirects: 1,
  accept_source_route: 0,
};

export class Sysctls {
  private readonly values: ReadonlyMap<string, string>;
  private readonly assumed = new Map<string, number>();
  private readonly numbers = new Map<string, number>();
  private readonly forwards = new Map<string, boolean>();
  /** Of net.ipv4.conf, by device and name. */
  private readonly byDevice = new Map<string, Map<string, number>>();

  /** By their names with dots: net.ipv4.conf.eth0.rp_filter. */
  constructor(values: ReadonlyMap<string, string> = new Map()) {
    this.values = values;
  }

  /** Names that were asked for and not given, with the value taken instead. */
  get assumptions(): ReadonlyMap<string, number> {
    return this.assumed;
  }

  number(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    const text = this.values.get(name);
    const value = text === undefined ? this.assume(name) : Number(text);
    this.numbers.set(name, value);
    return value;
  }

  /** With another default than that of the table; it is not told as an assumption. */
  numberOr(name: string, otherwise: number): number {
    const text = this.values.get(name);
    return text === undefined ? otherwise : Number(text);
  }

  /** IN_DEV_FORWARD: that of the device, which begins as net.ipv4.ip_forward is. */
  forwarding(device: string): boolean {
    let value = this.forwards.get(device);
    if (value === undefined) {
      const own = this.values.get(`net.ipv4.conf.${device}.forwarding`);
      value = (own === undefined ? this.number('net.ipv4.ip_forward') : Number(own)) !== 0;
      this.forwards.set(device, value);
    }
    return value;
  }

  private assume(name: string): number {
    const value = DEFAULTS[name] ?? CONF_DEFAULTS[name.slice(name.lastIndexOf('.') + 1)] ?? 0;
    this.assumed.set(name, value);
    return value;
  }

  /** Of one device alone: IN_DEV_CONF_GET. Asked for each packet: names are put together once. */
  conf(device: string, name: string): number {
    let values = this.byDevice.get(device);
    if (values === undefined) {
      values = new Map();
      this.byDevice.set(device, values);
    }
    let value = values.get(name);
    if (value === undefined) {
      value = this.number(`net.ipv4.conf.${device}.${name}`);
      values.set(name, value);
    }
    return value;
  }

  /** IN_DEV_MAXCONF: rp_filter, arp_ignore, arp_announce. */
  confMax(device: string, name: string): number {
    return Math.max(this.conf('all', name), this.conf(device, name));
  }

  /** IN_DEV_ORCONF: accept_local, route_localnet, log_martians, src_valid_mark, drop_unicast_in_l2_multicast. */
  confOr(device: string, name: string): boolean {
    return this.conf('all', name) !== 0 || this.conf(device, name) !== 0;
  }

  /** IN_DEV_ANDCONF: accept_source_route, mc_forwarding, bc_forwarding. */
  confAnd(device: string, name: string): boolean {
    return this.conf('all', name) !== 0 && this.conf(device, name) !== 0;
  }
}
