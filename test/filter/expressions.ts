// Random filter expressions over the whole grammar of libpcap 1.10 (grammar.y, scanner.l), with constants that the test
// packets hold. Tame ones mostly mean something; wild ones put any word where the grammar, or nothing at all, allows it.
import type { Random } from '../support/random.ts';
import { IPV4, IPV6, MACS, MPLS_LABELS, NAMES, PF_NAMES, PORTS, PPPOE_SESSIONS, VLAN_IDS, VNIS } from './vocabulary.ts';

type Choice = readonly [weight: number, make: () => string];

const words = (text: string): readonly string[] => text.split(' ');

const PROTOCOLS = words(
  'ether link ppp slip fddi tr wlan ip arp rarp ip6 tcp udp sctp icmp icmp6 igmp igrp pim vrrp carp ah esp atalk aarp ' +
    'decnet lat sca moprc mopdl iso esis es-is isis is-is l1 l2 iih lsp snp csnp psnp clnp stp ipx netbeui radio',
);
const ABBREVIATIONS = PROTOCOLS.slice(7, -1);
const COMMON_PROTOCOLS = words('ip ip6 arp tcp udp icmp icmp6 sctp ip ip6 tcp udp');
const DIRECTIONS = words('src dst src_or_dst dst_or_src src_and_dst dst_and_src').map((it) => it.replaceAll('_', ' '));
const WLAN_DIRECTIONS = words('ra ta addr1 addr2 addr3 addr4 address1 address2 address3 address4');
const TYPES = words('host net port portrange proto protochain gateway');
const PORT_PROTOCOLS = words('tcp udp sctp');
const IP_PROTOCOL_NAMES = words(
  '\\tcp \\udp \\icmp \\sctp gre ospf ipv6-icmp \\ah \\esp \\vrrp ipv6 ipencap ddp eigrp',
);
const LINK_PROTOCOL_NAMES = words(
  '\\ip \\ip6 \\arp \\rarp \\atalk \\aarp \\decnet \\lat \\stp \\ipx \\netbeui \\iso loopback',
);
const ISO_PROTOCOL_NAMES = words('\\clnp \\esis \\isis 0x81 0x83 129 131 132');
const SERVICES = words('http https domain ssh ftp ftp-data ntp nfs bootps sunrpc syslog who login discard snmp');
const RELATIONS = words('> >= = == < <= !=');
const OPERATORS = words('+ - * / % & | ^ << >>');
const LOADS = words('ether link ip ip6 tcp udp icmp icmp6 arp sctp igmp tcp ip udp rarp ppp wlan');
const ICMP_CONSTANTS = words(
  'icmptype icmpcode icmp-echoreply icmp-unreach icmp-sourcequench icmp-redirect icmp-echo icmp-routeradvert ' +
    'icmp-routersolicit icmp-timxceed icmp-paramprob icmp-tstamp icmp-tstampreply icmp-ireq icmp-ireqreply icmp-maskreq ' +
    'icmp-maskreply icmp6type icmp6code icmp6-destinationunreach icmp6-packettoobig icmp6-timeexceeded ' +
    'icmp6-parameterproblem icmp6-echo icmp6-echoreply icmp6-multicastlistenerquery icmp6-multicastlistenerreportv1 ' +
    'icmp6-multicastlistenerdone icmp6-routersolicit icmp6-routeradvert icmp6-neighborsolicit icmp6-neighboradvert ' +
    'icmp6-redirect icmp6-routerrenum icmp6-nodeinformationquery icmp6-nodeinformationresponse ' +
    'icmp6-ineighbordiscoverysolicit icmp6-ineighbordiscoveryadvert icmp6-multicastlistenerreportv2 ' +
    'icmp6-homeagentdiscoveryrequest icmp6-homeagentdiscoveryreply icmp6-mobileprefixsolicit icmp6-mobileprefixadvert ' +
    'icmp6-certpathsolicit icmp6-certpathadvert icmp6-multicastrouteradvert icmp6-multicastroutersolicit ' +
    'icmp6-multicastrouterterm',
);
const TCP_CONSTANTS = words('tcpflags tcp-fin tcp-syn tcp-rst tcp-push tcp-ack tcp-urg tcp-ece tcp-cwr');
const CONSTANTS = words(
  '0 1 2 4 5 6 8 13 14 0xf 0x0f 020 255 1500 0x800 0x86dd 65535 0xffff 0x80000000 4294967295 31 32',
);
const LLC_TYPES = words('i s u rr rnr rej ui ua disc dm sabme test xid frmr RR Ui');
const WLAN_TYPES: Readonly<Record<string, readonly string[]>> = {
  mgt: words(
    'assocreq assoc-req assocresp assoc-resp reassocreq reassoc-req reassocresp reassoc-resp probereq probe-req proberesp ' +
      'probe-resp beacon atim disassoc disassociation auth authentication deauth deauthentication',
  ),
  ctl: words('ps-poll rts cts ack cf-end cf-end-ack'),
  data: words(
    'data data-cf-ack data-cf-poll data-cf-ack-poll null cf-ack cf-poll cf-ack-poll qos-data qos-data-cf-ack ' +
      'qos-data-cf-poll qos-data-cf-ack-poll qos qos-cf-poll qos-cf-ack-poll',
  ),
};
const WLAN_TYPE_NAMES: Readonly<Record<string, string>> = {
  management: 'mgt',
  control: 'ctl',
  mgt: 'mgt',
  ctl: 'ctl',
  data: 'data',
};
const WLAN_WAYS = words('nods tods fromds dstods 0 1 2 3 0x01 4 NoDS');
const PF_ACTIONS = words('pass accept drop block scrub noscrub nat nonat binat nobinat rdr nordr synproxy-drop');
const PF_REASONS = words(
  'match bad-offset fragment short normalize memory bad-timestamp congestion ip-option proto-cksum state-mismatch ' +
    'state-insert state-limit src-limit synproxy 3 0x0e',
);
const ATM = words('lane metac bcc oamf4ec oamf4sc sc ilmic oam oamf4 connectmsg metaconnect llc');
const MTP2 = words('fisu lssu lsu msu hfisu hlssu hmsu');
const MTP3 = words('sio opc dpc sls hsio hopc hdpc hsls');
const SS7_VALUES = words('0 1 3 5 15 129 131 200 255 1281 5251 16383 0x85');

const ATM_LINK_TYPE = 123;
const PF_LINK_TYPE = 117;
const WLAN_LINK_TYPES = [105, 119, 127, 163, 192];
const SS7_LINK_TYPES = [139, 140, 197];
const ARCNET_LINK_TYPES = [7, 129];
const LLC_LINK_TYPES = [1, 6, 10, 100, 123, 105, 127, 240];
const MPLS_LINK_TYPES = [1, 9, 104, 240, 241];
const TAGGED_LINK_TYPES = [1, 240, 241, 105, 127];
const DIRECTED_LINK_TYPES = [8, 113, 276, 117, 166, 226, 130, 134, 178];
/** Link types with no protocol field that libpcap looks at. */
const OPAQUE_LINK_TYPES = [
  139, 140, 197, 141, 142, 143, 147, 182, 189, 195, 219, 220, 227, 239, 246, 258, 271, 281, 284, 285,
];

/**
 * Where the link header's length varies, libpcap uses scratch memory for offsets and for arithmetic, and mixes them up unless
 * the offsets were used first (see known-differences.ts).
 */
const VARIABLE_LINK_TYPES = [...WLAN_LINK_TYPES, PF_LINK_TYPE];
const OFFSETS_FIRST = '(ip host 0.0.0.0 or not ip host 0.0.0.0)';

/** Pieces that a mutation puts between, or in the place of, the words of an expression. */
const STRAY = [
  ...PROTOCOLS,
  ...TYPES,
  ...RELATIONS,
  ...OPERATORS,
  ...words(
    '( ) [ ] : ! not and or && || 80 0x 08 256 1.2.3 1.2.3.4 1.2.3.4.5 ::1 1::2::3 :: 1:2:3 0:1:2:3:4:5 $1f $1ff # ; \\ "" ',
  ),
  ...words(
    'mask src dst len length less greater byte broadcast multicast inbound ifindex vlan mpls llc type subtype dir on',
  ),
  '4294967296',
  '0xfffffffff',
  '-',
  '/24',
  '/33',
  '/129',
];

export class ExpressionSource {
  private readonly random: Random;
  private readonly linkType: number;
  private readonly live: boolean;
  private wild = false;

  constructor(random: Random, linkType: number, live = false) {
    this.random = random;
    this.linkType = linkType;
    this.live = live;
  }

  /** An expression that mostly means something for the link type. */
  tame(): string {
    this.wild = false;
    if (!this.is(VARIABLE_LINK_TYPES) || this.random.chance(5)) return this.shape();
    return `${OFFSETS_FIRST} and (${this.shape()})`;
  }

  /** One that mostly does not. */
  wilder(): string {
    this.wild = true;
    const expression = this.shape();
    return this.random.below(5) < 3 ? this.mutated(expression) : expression;
  }

  private choose(choices: readonly Choice[]): string {
    let at = this.random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of choices) {
      if (at < weight) return make();
      at -= weight;
    }
    throw new Error('no choice has any weight');
  }

  private is(linkTypes: readonly number[]): boolean {
    return linkTypes.includes(this.linkType);
  }

  /** The sensible words, and now and then when wild, any. */
  private pick(sensible: readonly string[], any: readonly string[]): string {
    return this.random.pick(this.wild && this.random.chance(4) ? any : sensible);
  }

  private shape(): string {
    return this.choose([
      [10, () => this.term()],
      [30, () => this.chain(2 + this.random.below(3), 1)],
      [10, () => this.chain(3 + this.random.below(6), 2)],
      [1, () => this.longList()],
      [1, () => this.deep()],
    ]);
  }

  private chain(count: number, depth: number): string {
    const parts = Array.from({ length: count }, () => this.operand(depth));
    return parts.reduce((left, right) => `${left} ${this.conjunction()} ${right}`);
  }

  private conjunction(): string {
    return this.random.pick(['and', 'and', 'or', 'or', '&&', '||']);
  }

  private operand(depth: number): string {
    return this.choose([
      [8, () => this.term()],
      [2, () => `${this.random.pick(['not', '!', 'not not'])} ${this.term()}`],
      [depth > 0 ? 3 : 0, () => `(${this.chain(2 + this.random.below(2), depth - 1)})`],
      [depth > 0 ? 1 : 0, () => `not (${this.chain(2, depth - 1)})`],
    ]);
  }

  private longList(): string {
    const count = 10 + this.random.below(60);
    const list = (head: string, one: () => string) => head + Array.from({ length: count }, one).join(' or ');
    return this.choose([
      [2, () => list('host ', () => this.randomIpv4())],
      [1, () => list('port ', () => String(this.random.below(65536)))],
      [1, () => list('', () => this.term())],
      [1, () => list('tcp dst port ', () => this.port())],
    ]);
  }

  private deep(): string {
    const depth = 5 + this.random.below(40);
    if (this.random.chance(2)) return '('.repeat(depth) + this.term() + ')'.repeat(depth);
    return `${'not ('.repeat(depth)}${this.chain(2, 0)}${')'.repeat(depth)}`;
  }

  private term(): string {
    const opaque = this.is(OPAQUE_LINK_TYPES) && !this.wild;
    const usual = opaque ? 0 : 1;
    const often = (linkTypes: readonly number[], weight: number) => (this.is(linkTypes) ? weight : this.wild ? 1 : 0);
    return this.choose([
      [12 * usual, () => this.host()],
      [6 * usual, () => this.net()],
      [12 * usual, () => this.ports()],
      [8 * usual, () => this.pick(COMMON_PROTOCOLS, ABBREVIATIONS)],
      [5 * usual, () => this.random.pick(ABBREVIATIONS)],
      [8 * usual, () => this.protocol()],
      [12, () => this.relation()],
      [3, () => this.size()],
      [
        3 * usual,
        () =>
          `${this.pick(
            ['', 'ip6 ', 'ip ', 'ether '],
            PROTOCOLS.map((it) => `${it} `),
          )}${this.random.pick(['broadcast', 'multicast'])}`,
      ],
      [3 * usual, () => this.idList()],
      [often(TAGGED_LINK_TYPES, 5), () => this.encapsulation('vlan', VLAN_IDS, 0x1000)],
      [often(MPLS_LINK_TYPES, 4), () => this.encapsulation('mpls', MPLS_LABELS, 0x100000)],
      [2 * usual, () => this.encapsulation('pppoes', PPPOE_SESSIONS, 0x10000)],
      [usual, () => 'pppoed'],
      [3 * usual, () => this.encapsulation('geneve', VNIS, 0x1000000)],
      [often(LLC_LINK_TYPES, 4), () => `llc${this.random.chance(4) ? '' : ` ${this.pick(LLC_TYPES, STRAY)}`}`],
      [this.live ? 6 : often(DIRECTED_LINK_TYPES, 4), () => this.random.pick(['inbound', 'outbound'])],
      [this.live ? 4 : often([276], 5), () => `ifindex ${this.random.below(5)}`],
      [often(WLAN_LINK_TYPES, 15), () => this.wlan()],
      [often([PF_LINK_TYPE], 25), () => this.packetFilter()],
      [often([ATM_LINK_TYPE], 25), () => this.atm()],
      [often(SS7_LINK_TYPES, 60), () => this.signalling()],
      [often(ARCNET_LINK_TYPES, 8), () => `link ${this.direction()}host $${this.random.pick(['0', '1f', '3', 'F'])}`],
    ]);
  }

  private direction(): string {
    if (this.random.chance(2)) return '';
    return `${this.pick(DIRECTIONS, WLAN_DIRECTIONS)} `;
  }

  private randomIpv4(): string {
    return this.random.chance(3)
      ? this.random.pick(IPV4)
      : `10.${this.random.below(3)}.${this.random.below(3)}.${this.random.below(256)}`;
  }

  private host(): string {
    const host = this.random.chance(3) ? '' : 'host ';
    return this.choose([
      [6, () => `${this.qualifier(['', 'ip ', 'arp ', 'rarp '])}${this.direction() || host}${this.address()}`],
      [3, () => `${this.qualifier(['', 'ip6 '])}${this.direction()}host ${this.random.pick(IPV6)}`],
      [3, () => this.linkHost()],
      [
        2,
        () =>
          `${this.qualifier(['', 'ip ', 'ip6 '])}${this.direction()}host ${this.random.pick(Object.keys(NAMES.hosts))}`,
      ],
      [1, () => `decnet ${this.direction()}host ${this.random.pick(['1.2', '10.77', '63.1023', '1.2.3'])}`],
      [1, () => `host ${this.random.pick(['10', '0x0a000001', '167772161', '10.1', '192.168', '10.0.1', '0xa.1'])}`],
    ]);
  }

  private address(): string {
    return this.wild && this.random.chance(6) ? this.random.pick([...IPV6, ...MACS, '80', 'alpha']) : this.randomIpv4();
  }

  private qualifier(sensible: readonly string[]): string {
    return this.pick(
      sensible,
      PROTOCOLS.map((it) => `${it} `),
    );
  }

  private linkHost(): string {
    const direction = this.is(WLAN_LINK_TYPES)
      ? this.random.pick(['', ...WLAN_DIRECTIONS, ...DIRECTIONS])
      : this.direction();
    const alias = this.random.pick(['ether', 'link', 'wlan', 'fddi', 'tr', 'ppp', 'slip']);
    const name = this.random.chance(8) ? this.random.pick(Object.keys(NAMES.ethers)) : this.mac();
    return `${alias} ${direction} ${this.random.chance(2) ? 'host ' : ''}${name}`.replace(/ +/g, ' ');
  }

  /** An Ethernet address in one of its five ways to be written. */
  private mac(): string {
    const digits = this.random.pick(MACS).split(':');
    return this.random.pick([
      digits.join(':'),
      digits.join('-'),
      digits.join('.'),
      digits.map((it) => it.replace(/^0/, '')).join(':'),
      digits.join('').replace(/(....)(?=.)/g, '$1.'),
      digits.join(''),
    ]);
  }

  private net(): string {
    const head = `${this.qualifier(['', 'ip ', 'arp '])}${this.direction()}net `;
    const length = this.random.below(this.wild ? 40 : 33);
    return this.choose([
      [6, () => `${head}${this.network(length)}/${length}`],
      [2, () => `${head}${this.random.pick(['10', '10.0', '192.168.1', '172.16', '127', '0', '0x0a', '3232235777'])}`],
      [
        2,
        () =>
          `${head}${this.random.pick(IPV4)} mask ${this.random.pick(['255.255.255.255', '255.0.0.0', '255.255.0.255', '0.0.0.255'])}`,
      ],
      [
        2,
        () =>
          `${head}${this.random.pick(['10.0.0.0', '10', '10.0', '192.168.0'])} mask ${this.random.pick(['255', '255.0', '255.255.255', '255.0.0.0'])}`,
      ],
      [3, () => `${this.qualifier(['', 'ip6 '])}${this.direction()}net ${this.network6()}`],
      [1, () => `${head}${this.random.pick(Object.keys(NAMES.networks))}`],
      [1, () => `${head}${this.randomIpv4()}`],
    ]);
  }

  /** A test address with the bits behind the prefix cleared, mostly. */
  private network(length: number): string {
    const bytes = this.random.pick(IPV4).split('.').map(Number);
    if (this.wild && this.random.chance(3)) return bytes.join('.');
    return bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, length - i * 8))) & 0xff).join('.');
  }

  private network6(): string {
    const any = ['2001:db8::/129', '2001:db8::1/32', 'fe80::/9', '::1/0', '2001:db8::1', '::ffff:1.2.3.4'];
    return this.pick(
      [
        '2001:db8::/32',
        '2001:db8::/64',
        'fe80::/10',
        '::1/128',
        '::/0',
        'ff00::/8',
        '2001:db8:1::/47',
        '2001:db8::/33',
        '2001:db8::1',
      ],
      any,
    );
  }

  private port(): string {
    return this.choose([
      [8, () => String(this.random.pick(PORTS))],
      [2, () => this.random.pick(SERVICES)],
      [1, () => this.random.pick(['0x50', '0120', '0', '65535', this.wild ? '65536' : '1'])],
    ]);
  }

  private ports(): string {
    const head = `${this.pick(
      ['', '', 'tcp ', 'udp ', 'sctp '],
      PROTOCOLS.map((it) => `${it} `),
    )}${this.direction()}`;
    return this.choose([
      [6, () => `${head}port ${this.port()}`],
      [2, () => `${head}portrange ${this.port()}-${this.port()}`],
      [1, () => `${head}portrange ${this.random.pick(PORTS)}`],
      [
        1,
        () =>
          `${this.random.pick(PORT_PROTOCOLS)} ${this.random.pick(DIRECTIONS)} port (${this.port()} or ${this.port()})`,
      ],
    ]);
  }

  private protocol(): string {
    const number = () => this.random.pick(['6', '17', '1', '0', '58', '132', '255', '256', '0x11', '44', '112']);
    const ether = () =>
      this.random.pick([
        '0x800',
        '0x86dd',
        '0x806',
        '2054',
        '0x8100',
        '1500',
        '0x42',
        '0xfe',
        '0xe0',
        '0xf0',
        '6',
        '0',
        '0xaa',
        '0x8847',
      ]);
    return this.choose([
      [4, () => `${this.qualifier(['ip ', 'ip6 ', ''])}proto ${this.pick(IP_PROTOCOL_NAMES, STRAY)}`],
      [4, () => `${this.qualifier(['ip ', 'ip6 ', ''])}proto ${number()}`],
      [4, () => `${this.qualifier(['ether ', 'link ', 'wlan '])}proto ${this.pick(LINK_PROTOCOL_NAMES, STRAY)}`],
      [3, () => `${this.qualifier(['ether '])}proto ${ether()}`],
      [2, () => `iso proto ${this.pick(ISO_PROTOCOL_NAMES, STRAY)}`],
      [1, () => `isis proto ${this.random.pick(['15', '18', '27', '0'])}`],
      [
        2,
        () =>
          `${this.qualifier(['ip ', 'ip6 ', ''])}protochain ${this.random.chance(2) ? this.random.pick(IP_PROTOCOL_NAMES) : number()}`,
      ],
    ]);
  }

  private constant(): string {
    return this.choose([
      [6, () => this.random.pick(CONSTANTS)],
      [2, () => this.random.pick(ICMP_CONSTANTS)],
      [2, () => this.random.pick(TCP_CONSTANTS)],
      [2, () => String(this.random.below(64))],
      [1, () => `(${this.random.pick(CONSTANTS)})`],
      [1, () => String(this.random.pick(PORTS))],
    ]);
  }

  private load(depth: number): string {
    const loads = this.is(OPAQUE_LINK_TYPES)
      ? ['link', 'ether']
      : this.is(WLAN_LINK_TYPES)
        ? [...LOADS, 'radio', 'wlan']
        : LOADS;
    const size = this.random.chance(2) ? '' : `:${this.pick(['1', '2', '4'], ['0', '3', '8', '5'])}`;
    const offset = depth > 0 && this.random.chance(4) ? this.arithmetic(depth - 1) : this.constant();
    const near = this.random.below(3) > 0 ? String(this.random.below(this.random.pick([4, 20, 44]))) : offset;
    return `${this.pick(loads, PROTOCOLS)}[${near}${size}]`;
  }

  private arithmetic(depth: number): string {
    return this.choose([
      [4, () => this.load(depth)],
      [3, () => this.constant()],
      [1, () => this.random.pick(['len', 'length'])],
      [
        depth > 0 ? 5 : 0,
        () => `${this.arithmetic(depth - 1)} ${this.random.pick(OPERATORS)} ${this.arithmetic(depth - 1)}`,
      ],
      [
        depth > 0 ? 2 : 0,
        () => `(${this.load(depth - 1)} ${this.random.pick(OPERATORS)} ${this.arithmetic(depth - 1)})`,
      ],
      [depth > 0 ? 1 : 0, () => `-${this.arithmetic(depth - 1)}`],
    ]);
  }

  private relation(): string {
    const relation = this.random.pick(RELATIONS);
    return this.choose([
      [5, () => `${this.load(1)} ${relation} ${this.constant()}`],
      [5, () => `${this.load(1)} & ${this.constant()} ${relation} ${this.constant()}`],
      [4, () => `${this.arithmetic(2)} ${relation} ${this.arithmetic(1)}`],
      [1, () => `${this.arithmetic(4)} ${relation} ${this.arithmetic(4)}`],
      [
        2,
        () =>
          `tcp[tcpflags] & (${this.random.pick(TCP_CONSTANTS)}|${this.random.pick(TCP_CONSTANTS)}) ${relation} ${this.random.pick(TCP_CONSTANTS)}`,
      ],
      [2, () => `(ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2) ${relation} ${this.random.below(50)}`],
    ]);
  }

  private size(): string {
    return this.choose([
      [3, () => `${this.random.pick(['less', 'greater'])} ${this.random.below(200)}`],
      [3, () => `${this.random.pick(['len', 'length'])} ${this.random.pick(RELATIONS)} ${this.random.below(200)}`],
      [
        2,
        () =>
          `byte ${this.random.below(30)} ${this.random.pick(['&', '|', '<', '>', '='])} ${this.random.pick(['0', '1', '8', '255', '0x45'])}`,
      ],
    ]);
  }

  /** Ids without qualifiers of their own behind one that has them. */
  private idList(): string {
    const address = () => this.randomIpv4();
    const conjunction = () => this.random.pick(['and', 'or', 'or']);
    return this.choose([
      [
        2,
        () => `${this.random.pick(['host', 'src host', 'dst', 'ip src'])} ${address()} ${conjunction()} ${address()}`,
      ],
      [2, () => `port ${this.port()} ${conjunction()} ${this.random.pick(PORTS)}`],
      [1, () => `host (${address()} ${conjunction()} ${address()} ${conjunction()} not ${address()})`],
      [1, () => `not host ${this.random.pick(Object.keys(NAMES.hosts))} and ${address()}`],
      [1, () => `net ${this.network(8)}/8 or ${this.random.pick(['10', '172.16', '::1'])}`],
    ]);
  }

  private encapsulation(word: string, numbers: readonly number[], tooBig: number): string {
    if (this.random.chance(2)) return word;
    return `${word} ${this.wild && this.random.chance(4) ? tooBig : this.random.pick(numbers)}`;
  }

  private wlan(): string {
    const prefix = this.random.pick(['', '', 'wlan ', 'link ']);
    const name = this.random.pick(Object.keys(WLAN_TYPE_NAMES));
    const subtype = this.random.pick(
      WLAN_TYPES[this.wild ? this.random.pick(['mgt', 'ctl', 'data']) : WLAN_TYPE_NAMES[name]!]!,
    );
    return (
      prefix +
      this.choose([
        [2, () => `type ${this.pick([name, '0', '4', '8'], ['1', '0xc', '255', 'none'])}`],
        [3, () => `type ${name} subtype ${subtype}`],
        [2, () => `subtype ${this.pick([subtype], STRAY)}`],
        [
          1,
          () =>
            `type ${this.random.pick(['0', '4', '8', '0x0c'])} subtype ${this.random.pick(['0x10', '0x80', '0xf0', '0x1'])}`,
        ],
        [2, () => `${this.random.pick(['dir', 'direction'])} ${this.pick(WLAN_WAYS, STRAY)}`],
      ])
    );
  }

  private packetFilter(): string {
    return this.choose([
      [
        2,
        () =>
          `${this.random.pick(['on', 'ifname'])} ${this.pick([PF_NAMES.interface, 'lo0', 'em1'], ['averyveryverylongname', '1'])}`,
      ],
      [
        2,
        () =>
          `${this.random.pick(['rset', 'ruleset'])} ${this.pick([PF_NAMES.ruleset, 'other'], ['averyveryverylongname'])}`,
      ],
      [2, () => `${this.random.pick(['rnr', 'rulenum', 'srnr', 'subrulenum'])} ${this.random.below(4)}`],
      [2, () => `reason ${this.pick(PF_REASONS, STRAY)}`],
      [2, () => `action ${this.pick(PF_ACTIONS, STRAY)}`],
    ]);
  }

  private atm(): string {
    const value = () => this.random.pick(['0', '1', '2', '5', '16', '100', '101', '65535', '0x64']);
    return this.choose([
      [5, () => this.random.pick(ATM)],
      [2, () => `${this.random.pick(['vpi', 'vci'])} ${value()}`],
      [2, () => `${this.random.pick(['vpi', 'vci'])} ${this.random.pick(RELATIONS)} ${value()}`],
      [1, () => `${this.random.pick(['vpi', 'vci'])} (${value()} or ${value()} or ${value()})`],
    ]);
  }

  private signalling(): string {
    const field = this.random.pick(MTP3);
    const value = () => this.random.pick(this.wild ? [...SS7_VALUES, '65536'] : SS7_VALUES);
    return this.choose([
      [4, () => this.random.pick(MTP2)],
      [3, () => `${field} ${value()}`],
      [3, () => `${field} ${this.random.pick(RELATIONS)} ${value()}`],
      [1, () => `${field} (${value()} or ${value()})`],
    ]);
  }

  /** Words left out, put in, put in another's place, moved; or a character changed. */
  private mutated(expression: string): string {
    const parts = expression.split(/(?=[ ()[\]:&|!<>=])|(?<=[ ()[\]:&|!<>=])/);
    for (let changes = 1 + this.random.below(2); changes > 0; changes--) {
      const at = this.random.below(parts.length + 1);
      const put = this.random.chance(3) ? [] : [` ${this.random.pick(STRAY)} `];
      parts.splice(at, this.random.below(3), ...put);
    }
    const text = parts.join('').replace(/ +/g, ' ').trim();
    return this.random.chance(12) ? this.misspelt(text) : text;
  }

  private misspelt(text: string): string {
    const at = this.random.below(text.length + 1);
    return text.slice(0, at) + this.random.pick([...'abc019.:/-_#@~\\']) + text.slice(at + this.random.below(2));
  }
}
