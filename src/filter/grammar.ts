// The grammar of the filter language, rule by rule as libpcap 1.10 has it (the language of its grammar.y), with what
// each rule makes of its parts. Where a bare id follows "and", "or", "not" or "(", it takes over the qualifiers of what
// stands before: `below` is that value.
import type { Associativity, Grammar, Rule } from './lalr.ts';
import type { Token } from './tokens.ts';
import type {
  Arithmetic,
  ArithmeticOperator,
  Comparison,
  Direction,
  Encapsulation,
  Id,
  IdType,
  Node,
  ProtocolName,
  Qualifiers,
} from './tree.ts';

/** What a symbol on the stack stands for: its place, and whichever of these its rule made. */
export interface Value {
  at: number;
  end: number;
  token?: Token;
  node?: Node;
  qualifiers?: Qualifiers | undefined;
  protocol?: ProtocolName | undefined;
  direction?: Direction;
  type?: IdType;
  arithmetic?: Arithmetic;
  number?: number;
  text?: string;
  /** An ATM or MTP3 field that values in parentheses belong to. */
  field?: { kind: 'atm field' | 'mtp3 field'; name: string };
}

/** A new value from the right side's values; `below` is what lies under them on the stack. */
type Make = (parts: readonly Value[], below: Value | undefined, place: { at: number; end: number }) => Partial<Value>;

interface RuleRow extends Rule {
  readonly make: Make;
}

const keep: Make = ([one]) => one!;
/** Hands the qualifiers of what stands below on: for "and", "or", "not", "(". */
const inherit: Make = (_parts, below) => below ?? {};

function rule(text: string, make: Make = keep, precedence?: string): RuleRow {
  const [left, , ...right] = text.trim().split(' ');
  return { left: left!, right, precedence, make };
}

/** Rules that differ only in one terminal: "SYMBOL=meaning ...". */
function rows(left: string, list: string, make: (meaning: string) => Make): RuleRow[] {
  return list.split(' ').map((entry) => {
    const [symbol, meaning] = entry.split('=');
    return rule(`${left} : ${symbol}`, make(meaning!.replaceAll('_', ' ')));
  });
}

const combine =
  (kind: 'and' | 'or'): Make =>
  ([left, , right], _below, place) => ({
    node: { kind, left: left!.node!, right: right!.node!, ...place },
    qualifiers: right!.qualifiers,
  });

const negate: Make = ([, operand], _below, place) => ({
  node: { kind: 'not', operand: operand!.node!, ...place },
  qualifiers: operand!.qualifiers,
});

/** An id with the qualifiers that stand below it. */
const match =
  (id: (parts: readonly Value[]) => IdWithoutPlace): Make =>
  (parts, below, place) => ({
    node: { kind: 'match', qualifiers: below?.qualifiers, id: { ...id(parts), ...place } as Id, ...place },
    qualifiers: below?.qualifiers,
  });

type IdWithoutPlace = { form: Id['form']; [key: string]: unknown };

const qualify =
  (type?: IdType): Make =>
  ([protocol, direction, last]) => ({
    qualifiers: { protocol: protocol!.protocol, direction: direction?.direction, type: type ?? last?.type },
  });

/** A primitive that hands no qualifiers on. */
const primitive =
  (node: (parts: readonly Value[]) => NodeWithoutPlace): Make =>
  (parts, _below, place) => ({ node: { ...node(parts), ...place } as Node, qualifiers: undefined });

type NodeWithoutPlace = { kind: Node['kind']; [key: string]: unknown };

const relation: Make = ([left, operator, right], _below, place) => ({
  node: {
    kind: 'relation',
    operator: operator!.text as Comparison,
    left: left!.arithmetic!,
    right: right!.arithmetic!,
    ...place,
  },
  qualifiers: undefined,
});

const operation: Make = ([left, sign, right], _below, place) => ({
  arithmetic: {
    kind: 'operation',
    operator: sign!.token!.text as ArithmeticOperator,
    left: left!.arithmetic!,
    right: right!.arithmetic!,
    ...place,
  },
});

const load: Make = ([protocol, , offset, , size], _below, place) => ({
  arithmetic: {
    kind: 'load',
    protocol: protocol!.protocol!,
    offset: offset!.arithmetic!,
    size: size?.token?.value ?? 1,
    ...place,
  },
});

const encapsulation = (name: Encapsulation): RuleRow[] => [
  rule(
    `other : ${name.toUpperCase()} pnum`,
    primitive(([, number]) => ({ kind: 'encapsulation', name, number: number!.number })),
  ),
  rule(
    `other : ${name.toUpperCase()}`,
    primitive(() => ({ kind: 'encapsulation', name, number: undefined })),
  ),
];

const numberOrText = (value: Value) => (value.token!.kind === 'NUM' ? value.token!.value : value.token!.text);

const fieldValue =
  (operator: (parts: readonly Value[]) => Comparison, number: (parts: readonly Value[]) => Value): Make =>
  (parts, below, place) => {
    const { kind, name } = below!.field!;
    const node: Node = { kind, field: name, operator: operator(parts), value: number(parts).token!.value, ...place };
    return { node, field: below!.field!, qualifiers: undefined };
  };

/** The rules of ATM's and MTP3's fields have one shape. */
const fields = (prefix: string): RuleRow[] => [
  rule(`rterm : ${prefix}field ${prefix}value`, ([, value]) => value!),
  rule(`${prefix}value : ${prefix}fieldvalue`),
  rule(
    `${prefix}value : relop NUM`,
    fieldValue(
      ([sign]) => sign!.text as Comparison,
      ([, number]) => number!,
    ),
  ),
  rule(
    `${prefix}value : irelop NUM`,
    fieldValue(
      ([sign]) => sign!.text as Comparison,
      ([, number]) => number!,
    ),
  ),
  rule(`${prefix}value : paren ${prefix}listvalue )`, ([, list]) => list!),
  rule(
    `${prefix}fieldvalue : NUM`,
    fieldValue(
      () => '=',
      ([number]) => number!,
    ),
  ),
  rule(`${prefix}listvalue : ${prefix}fieldvalue`),
  rule(`${prefix}listvalue : ${prefix}listvalue or ${prefix}fieldvalue`, (parts, below, place) => ({
    ...combine('or')(parts, below, place),
    field: parts[2]!.field!,
  })),
];

const RULES: readonly RuleRow[] = [
  rule('prog : null expr', ([, expression]) => expression!),
  rule('prog : null', () => ({})),
  rule('null : ', () => ({ qualifiers: undefined })),
  rule('expr : term'),
  rule('expr : expr and term', combine('and')),
  rule('expr : expr and id', combine('and')),
  rule('expr : expr or term', combine('or')),
  rule('expr : expr or id', combine('or')),
  rule('and : AND', inherit),
  rule('or : OR', inherit),
  rule('id : nid'),
  rule(
    'id : pnum',
    match(([number]) => ({ form: 'number', value: number!.number })),
  ),
  rule('id : paren pid )', ([, inner]) => inner!),
  rule(
    'nid : ID',
    match(([name]) => ({ form: 'name', text: name!.token!.text })),
  ),
  rule(
    'nid : HID / NUM',
    match(([address, , length]) => ({
      form: 'ipv4',
      text: address!.token!.text,
      prefixLength: length!.token!.value,
    })),
  ),
  rule(
    'nid : HID NETMASK HID',
    match(([address, , mask]) => ({
      form: 'ipv4',
      text: address!.token!.text,
      mask: mask!.token!.text,
    })),
  ),
  rule(
    'nid : HID',
    match(([address]) => ({ form: 'ipv4', text: address!.token!.text })),
  ),
  rule(
    'nid : HID6 / NUM',
    match(([address, , length]) => ({
      form: 'ipv6',
      text: address!.token!.text,
      prefixLength: length!.token!.value,
    })),
  ),
  rule(
    'nid : HID6',
    match(([address]) => ({ form: 'ipv6', text: address!.token!.text })),
  ),
  rule(
    'nid : EID',
    match(([address]) => ({ form: 'mac', text: address!.token!.text })),
  ),
  rule(
    'nid : AID',
    match(([address]) => ({ form: 'arcnet', text: address!.token!.text })),
  ),
  rule('nid : not id', negate),
  rule('not : NOT', inherit),
  rule('paren : (', inherit),
  rule('pid : nid'),
  rule('pid : qid and id', combine('and')),
  rule('pid : qid or id', combine('or')),
  rule(
    'qid : pnum',
    match(([number]) => ({ form: 'number', value: number!.number })),
  ),
  rule('qid : pid'),
  rule('term : rterm'),
  rule('term : not term', negate),
  rule('head : pqual dqual aqual', qualify()),
  rule('head : pqual dqual', qualify()),
  rule('head : pqual aqual', ([protocol, type]) => ({
    qualifiers: { protocol: protocol!.protocol, type: type!.type },
  })),
  rule('head : pqual PROTO', ([protocol]) => ({ qualifiers: { protocol: protocol!.protocol, type: 'proto' } })),
  rule('head : pqual PROTOCHAIN', ([protocol]) => ({
    qualifiers: { protocol: protocol!.protocol, type: 'protochain' },
  })),
  rule('head : pqual ndaqual', ([protocol, type]) => ({
    qualifiers: { protocol: protocol!.protocol, type: type!.type },
  })),
  rule('rterm : head id', ([, id], _below, place) => ({ ...id!, node: { ...id!.node!, ...place } })),
  rule('rterm : paren expr )', ([paren, inner]) => ({ node: inner!.node!, qualifiers: paren!.qualifiers })),
  rule(
    'rterm : pname',
    primitive(([name]) => ({ kind: 'protocol', protocol: name!.protocol })),
  ),
  rule('rterm : arth relop arth', relation),
  rule('rterm : arth irelop arth', relation),
  rule('rterm : other'),
  rule('rterm : atmtype'),
  rule('rterm : atmmultitype'),
  ...fields('atm'),
  rule('rterm : mtp2type'),
  ...fields('mtp3'),
  rule('pqual : pname'),
  rule('pqual : ', () => ({ protocol: undefined })),
  ...rows('dqual', 'SRC=src DST=dst ADDR1=addr1 ADDR2=addr2 ADDR3=addr3 ADDR4=addr4 RA=ra TA=ta', (meaning) => () => ({
    direction: meaning as Direction,
  })),
  rule('dqual : SRC OR DST', () => ({ direction: 'src or dst' })),
  rule('dqual : DST OR SRC', () => ({ direction: 'src or dst' })),
  rule('dqual : SRC AND DST', () => ({ direction: 'src and dst' })),
  rule('dqual : DST AND SRC', () => ({ direction: 'src and dst' })),
  ...rows('aqual', 'HOST=host NET=net PORT=port PORTRANGE=portrange', (meaning) => () => ({ type: meaning as IdType })),
  rule('ndaqual : GATEWAY', () => ({ type: 'gateway' })),
  ...rows(
    'pname',
    'LINK=link IP=ip ARP=arp RARP=rarp SCTP=sctp TCP=tcp UDP=udp ICMP=icmp IGMP=igmp IGRP=igrp PIM=pim VRRP=vrrp ' +
      'CARP=carp ATALK=atalk AARP=aarp DECNET=decnet LAT=lat SCA=sca MOPDL=mopdl MOPRC=moprc IPV6=ip6 ICMPV6=icmp6 ' +
      'AH=ah ESP=esp ISO=iso ESIS=esis ISIS=isis L1=l1 L2=l2 IIH=iih LSP=lsp SNP=snp PSNP=psnp CSNP=csnp CLNP=clnp ' +
      'STP=stp IPX=ipx NETBEUI=netbeui RADIO=radio',
    (meaning) => () => ({ protocol: meaning as ProtocolName }),
  ),
  rule(
    'other : pqual BROADCAST',
    primitive(([name]) => ({ kind: 'broadcast', protocol: name!.protocol })),
  ),
  rule(
    'other : pqual MULTICAST',
    primitive(([name]) => ({ kind: 'multicast', protocol: name!.protocol })),
  ),
  rule(
    'other : LESS NUM',
    primitive(([, number]) => ({ kind: 'less', value: number!.token!.value })),
  ),
  rule(
    'other : GREATER NUM',
    primitive(([, number]) => ({ kind: 'greater', value: number!.token!.value })),
  ),
  rule(
    'other : BYTE NUM byteop NUM',
    primitive(([, index, operator, value]) => ({
      kind: 'byte',
      index: index!.token!.value,
      // The kind, not the text: "==" is another way to write "=".
      operator: operator!.token!.kind,
      value: value!.token!.value,
    })),
  ),
  rule(
    'other : INBOUND',
    primitive(() => ({ kind: 'inbound' })),
  ),
  rule(
    'other : OUTBOUND',
    primitive(() => ({ kind: 'outbound' })),
  ),
  rule(
    'other : IFINDEX NUM',
    primitive(([, number]) => ({ kind: 'ifindex', value: number!.token!.value })),
  ),
  ...encapsulation('vlan'),
  ...encapsulation('mpls'),
  rule(
    'other : PPPOED',
    primitive(() => ({ kind: 'pppoed' })),
  ),
  ...encapsulation('pppoes'),
  ...encapsulation('geneve'),
  ...encapsulation('vxlan'),
  rule('other : pfvar'),
  rule('other : pqual p80211', ([, wlan]) => wlan!),
  rule('other : pllc'),
  ...['ifname', 'rset'].map((field) =>
    rule(
      `pfvar : PF_${field.toUpperCase()} ID`,
      primitive(([, name]) => ({ kind: 'pf', field, value: name!.token!.text })),
    ),
  ),
  ...['rnr', 'srnr'].map((field) =>
    rule(
      `pfvar : PF_${field.toUpperCase()} NUM`,
      primitive(([, n]) => ({ kind: 'pf', field, value: n!.token!.value })),
    ),
  ),
  ...['reason', 'action'].map((field) =>
    rule(
      `pfvar : PF_${field.toUpperCase()} ${field}`,
      primitive(([, value]) => ({ kind: 'pf', field, value: numberOrText(value!) })),
    ),
  ),
  rule('reason : NUM'),
  rule('reason : ID'),
  rule('action : ID'),
  rule(
    'p80211 : TYPE type SUBTYPE subtype',
    primitive(([, type, , subtype]) => ({
      kind: 'wlan',
      type: numberOrText(type!),
      subtype: numberOrText(subtype!),
    })),
  ),
  rule(
    'p80211 : TYPE type',
    primitive(([, type]) => ({ kind: 'wlan', type: numberOrText(type!), subtype: undefined })),
  ),
  rule(
    'p80211 : SUBTYPE type_subtype',
    primitive(([, subtype]) => ({
      kind: 'wlan',
      type: undefined,
      subtype: numberOrText(subtype!),
    })),
  ),
  rule(
    'p80211 : DIR dir',
    primitive(([, value]) => ({ kind: 'wlan dir', value: numberOrText(value!) })),
  ),
  rule('type : NUM'),
  rule('type : ID'),
  rule('subtype : NUM'),
  rule('subtype : ID'),
  rule('type_subtype : ID'),
  rule('dir : NUM'),
  rule('dir : ID'),
  rule(
    'pllc : LLC',
    primitive(() => ({ kind: 'llc', type: undefined })),
  ),
  rule(
    'pllc : LLC ID',
    primitive(([, name]) => ({ kind: 'llc', type: name!.token!.text })),
  ),
  rule(
    'pllc : LLC PF_RNR',
    primitive(() => ({ kind: 'llc', type: 'rnr' })),
  ),
  rule('relop : >', () => ({ text: '>' })),
  rule('relop : GEQ', () => ({ text: '>=' })),
  rule('relop : =', () => ({ text: '=' })),
  rule('irelop : LEQ', () => ({ text: '<=' })),
  rule('irelop : <', () => ({ text: '<' })),
  rule('irelop : NEQ', () => ({ text: '!=' })),
  rule('arth : pnum', ([number], _below, place) => ({
    arithmetic: { kind: 'constant', value: number!.number!, ...place },
  })),
  rule('arth : narth'),
  rule('narth : pname [ arth ]', load),
  rule('narth : pname [ arth : NUM ]', load),
  ...'+ - * / % & | ^ LSH RSH'.split(' ').map((sign) => rule(`narth : arth ${sign} arth`, operation)),
  rule(
    'narth : - arth',
    ([, operand], _below, place) => ({ arithmetic: { kind: 'negate', operand: operand!.arithmetic!, ...place } }),
    'UMINUS',
  ),
  rule('narth : paren narth )', ([, inner]) => ({ arithmetic: inner!.arithmetic! })),
  rule('narth : LEN', (_parts, _below, place) => ({ arithmetic: { kind: 'length', ...place } })),
  ...'& | < > ='.split(' ').map((sign) => rule(`byteop : ${sign}`)),
  rule('pnum : NUM', ([number]) => ({ number: number!.token!.value })),
  rule('pnum : paren pnum )', ([, inner]) => ({ number: inner!.number! })),
  ...rows('atmtype', 'LANE=lane METAC=metac BCC=bcc OAMF4EC=oamf4ec OAMF4SC=oamf4sc SC=sc ILMIC=ilmic', (name) =>
    primitive(() => ({ kind: 'atm', name })),
  ),
  ...rows('atmmultitype', 'OAM=oam OAMF4=oamf4 CONNECTMSG=connectmsg METACONNECT=metaconnect', (name) =>
    primitive(() => ({ kind: 'atm', name })),
  ),
  ...rows('atmfield', 'VPI=vpi VCI=vci', (name) => () => ({ field: { kind: 'atm field', name } })),
  ...rows('mtp2type', 'FISU=fisu LSSU=lssu MSU=msu HFISU=hfisu HLSSU=hlssu HMSU=hmsu', (name) =>
    primitive(() => ({ kind: 'mtp2', name })),
  ),
  ...rows('mtp3field', 'SIO=sio OPC=opc DPC=dpc SLS=sls HSIO=hsio HOPC=hopc HDPC=hdpc HSLS=hsls', (name) => () => ({
    field: { kind: 'mtp3 field', name },
  })),
];

const PRECEDENCE: readonly (readonly [Associativity, readonly string[]])[] = [
  ['left', ['OR', 'AND']],
  ['nonassoc', ['NOT']],
  ['left', ['|']],
  ['left', ['&']],
  ['left', ['LSH', 'RSH']],
  ['left', ['+', '-']],
  ['left', ['*', '/']],
  ['nonassoc', ['UMINUS']],
];

export const GRAMMAR: Grammar = { rules: RULES, precedence: PRECEDENCE };

/** What rule number n makes. */
export function makeOf(rule: number): Make {
  return RULES[rule]!.make;
}
