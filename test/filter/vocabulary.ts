// What the packets of these tests hold and their expressions ask for, so that expressions often match.

export const IPV4 = [
  '10.0.0.1',
  '10.0.0.2',
  '192.168.1.77',
  '172.16.5.4',
  '224.0.0.251',
  '255.255.255.255',
  '10.0.0.255',
  '127.0.0.1',
] as const;

export const IPV6 = ['2001:db8::1', '2001:db8::2', 'fe80::1', 'ff02::1', '::1', '2001:db8:1:2:3:4:5:6'] as const;

export const MACS = [
  '02:00:00:00:00:01',
  '02:00:00:00:00:02',
  'ff:ff:ff:ff:ff:ff',
  '01:00:5e:00:00:fb',
  '33:33:00:00:00:01',
  '01:80:c2:00:00:00',
  '00:04:5a:01:02:03',
] as const;

export const PORTS = [80, 443, 53, 22, 1024, 8080, 6081, 4789, 65535, 2049, 0] as const;

export const VLAN_IDS = [5, 100, 0, 4095] as const;
export const MPLS_LABELS = [16, 1024, 0xfffff, 0] as const;
export const PPPOE_SESSIONS = [7, 0xffff] as const;
export const VNIS = [5, 0xabcdef, 0] as const;

/** Names that no file of the machine has: the driver and the compiler get this table. */
export const NAMES = {
  hosts: {
    alpha: ['10.0.0.1'],
    beta: ['2001:db8::1'],
    gamma: ['10.0.0.2', '2001:db8::2'],
    delta: ['10.0.0.1', '192.168.1.77', 'fe80::1', '::1'],
    'host-1.example': ['172.16.5.4'],
  },
  /** As getnetbyname gives them. */
  networks: { ten: 10, private: 0xc0a801, link: 0xa9fe, whole: 0x0a000001 },
  ethers: { alpha: '02:00:00:00:00:01', epsilon: '00:04:5a:01:02:03' },
} as const;

/** As interfaces and rulesets of PF are called in the logs. */
export const PF_NAMES = { interface: 'em0', ruleset: 'anchor' } as const;
