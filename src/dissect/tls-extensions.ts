// Extensions of the TLS hellos as fields: RFC 8446 section 4.2, RFC 6066, 7301 and 8422; names as in Wireshark's
// packet-tls-utils.c.
import { TLS_EXTENSION, TLS_EXTENSION_TYPE } from '../wire/index.ts';
import type { Tree } from './tree.ts';

export function addExtensions(t: Tree, at: number, end: number, fromServer: boolean): void {
  for (let next = at; next < end; ) {
    const length = end - next >= TLS_EXTENSION.size ? t.peek16(next + TLS_EXTENSION.length) : 0;
    const data = next + TLS_EXTENSION.size;
    if (data + length > end) {
      t.stop('tls', next, 'an extension is longer than what holds it');
      return;
    }
    t.open('', next, TLS_EXTENSION.size + length);
    const type = t.u16('tls.handshake.extension.type', next + TLS_EXTENSION.type);
    t.u16('tls.handshake.extension.len', next + TLS_EXTENSION.length);
    if (length > 0) addData(t, type, data, data + length, fromServer);
    t.shut();
    next = data + length;
  }
}

type AddExtension = (t: Tree, at: number, end: number, fromServer: boolean) => void;

function addData(t: Tree, type: number, at: number, end: number, fromServer: boolean): void {
  const add = EXTENSIONS[type];
  if (add === undefined) t.raw('tls.handshake.extension.data', at, end - at);
  else add(t, at, end, fromServer);
}

/** A vector: its length as a field, a group around its items where Wireshark has one, and how each item is added. */
interface List {
  length: string;
  size: 1 | 2;
  group?: string;
  /** Adds the item at `at`; the place behind it. */
  item: (t: Tree, at: number, end: number) => number;
}

function addList(t: Tree, list: List, at: number, end: number): void {
  const first = at + list.size;
  if (first > end) {
    t.stop('tls', at, 'a list is cut short');
    return;
  }
  const length = list.size === 1 ? t.u8(list.length, at) : t.u16(list.length, at);
  if (first + length > end) t.stop('tls', at, 'a list is longer than what holds it');
  const stop = Math.min(end, first + length);
  if (list.group !== undefined) t.open(list.group, first, stop - first);
  for (let next = first; next < stop; ) next = list.item(t, next, stop);
  if (list.group !== undefined) t.shut();
}

/** The item of a list of numbers of one byte. */
const byteItem = (field: string) => (t: Tree, at: number) => {
  t.u8(field, at);
  return at + 1;
};

/** The item of a list of numbers of two bytes; an odd byte at the end is none. */
const wordItem = (field: string) => (t: Tree, at: number, end: number) => {
  if (at + 2 <= end) t.u16(field, at);
  return at + 2;
};

const SERVER_NAMES: List = {
  length: 'tls.handshake.extensions_server_name_list_len',
  size: 2,
  item: addServerName,
};

const GROUPS: List = {
  length: 'tls.handshake.extensions_supported_groups_length',
  size: 2,
  group: 'tls.handshake.extensions_supported_groups',
  item: wordItem('tls.handshake.extensions_supported_group'),
};

const POINT_FORMATS: List = {
  length: 'tls.handshake.extensions_ec_point_formats_length',
  size: 1,
  group: 'tls.handshake.extensions_ec_point_formats',
  item: byteItem('tls.handshake.extensions_ec_point_format'),
};

const SIGNATURE_ALGORITHMS: List = {
  length: 'tls.handshake.sig_hash_alg_len',
  size: 2,
  group: 'tls.handshake.sig_hash_algs',
  item: wordItem('tls.handshake.sig_hash_alg'),
};

const PROTOCOLS: List = {
  length: 'tls.handshake.extensions_alpn_len',
  size: 2,
  group: 'tls.handshake.extensions_alpn_list',
  item: addProtocol,
};

const VERSIONS: List = {
  length: 'tls.handshake.extensions.supported_versions_len',
  size: 1,
  item: wordItem('tls.handshake.extensions.supported_version'),
};

const KEY_EXCHANGE_MODES: List = {
  length: 'tls.extension.psk_ke_modes_length',
  size: 1,
  item: byteItem('tls.extension.psk_ke_mode'),
};

const KEY_SHARES: List = {
  length: 'tls.handshake.extensions_key_share_client_length',
  size: 2,
  item: addKeyShare,
};

const EXTENSIONS: Readonly<Record<number, AddExtension>> = {
  [TLS_EXTENSION_TYPE.SERVER_NAME]: (t, at, end) => {
    t.open('', at, end - at);
    addList(t, SERVER_NAMES, at, end);
    t.shut();
  },
  [TLS_EXTENSION_TYPE.SUPPORTED_GROUPS]: (t, at, end) => addList(t, GROUPS, at, end),
  [TLS_EXTENSION_TYPE.EC_POINT_FORMATS]: (t, at, end) => addList(t, POINT_FORMATS, at, end),
  [TLS_EXTENSION_TYPE.SIGNATURE_ALGORITHMS]: (t, at, end) => addList(t, SIGNATURE_ALGORITHMS, at, end),
  [TLS_EXTENSION_TYPE.SIGNATURE_ALGORITHMS_CERT]: (t, at, end) => addList(t, SIGNATURE_ALGORITHMS, at, end),
  [TLS_EXTENSION_TYPE.ALPN]: (t, at, end) => addList(t, PROTOCOLS, at, end),
  [TLS_EXTENSION_TYPE.SUPPORTED_VERSIONS]: addVersions,
  [TLS_EXTENSION_TYPE.PSK_KEY_EXCHANGE_MODES]: (t, at, end) => addList(t, KEY_EXCHANGE_MODES, at, end),
  [TLS_EXTENSION_TYPE.KEY_SHARE]: addKeyShares,
  [TLS_EXTENSION_TYPE.RENEGOTIATION_INFO]: addRenegotiation,
};

/** A length as a field and the bytes behind it; where they end, at most `end`. */
function addCounted(t: Tree, field: string, size: 1 | 2, at: number, end: number): number {
  const length = size === 1 ? t.u8(field, at) : t.u16(field, at);
  if (at + size + length > end) t.stop('tls', at, 'a length is more than what holds it');
  return Math.min(end, at + size + length);
}

/** What an item that is too short for its fixed part comes to: the list ends. */
function cutShort(t: Tree, at: number, end: number): number {
  t.stop('tls', at, 'an item of a list is cut short');
  return end;
}

function addServerName(t: Tree, at: number, end: number): number {
  const name = at + 3;
  if (name > end) return cutShort(t, at, end);
  t.u8('tls.handshake.extensions_server_name_type', at);
  const next = addCounted(t, 'tls.handshake.extensions_server_name_len', 2, at + 1, end);
  t.string('tls.handshake.extensions_server_name', name, next - name);
  return next;
}

function addProtocol(t: Tree, at: number, end: number): number {
  const next = addCounted(t, 'tls.handshake.extensions_alpn_str_len', 1, at, end);
  if (next > at + 1) t.string('tls.handshake.extensions_alpn_str', at + 1, next - at - 1);
  return next;
}

/** A client lists them, a server names the one it took. */
function addVersions(t: Tree, at: number, end: number, fromServer: boolean): void {
  if (fromServer) VERSIONS.item(t, at, end);
  else addList(t, VERSIONS, at, end);
}

/** A client lists them, a server has one; asking for another hello it has the group alone. */
function addKeyShares(t: Tree, at: number, end: number, fromServer: boolean): void {
  t.open('', at, end - at);
  if (!fromServer) addList(t, KEY_SHARES, at, end);
  else if (end - at === 2) t.u16('tls.handshake.extensions_key_share_selected_group', at);
  else addKeyShare(t, at, end);
  t.shut();
}

function addKeyShare(t: Tree, at: number, end: number): number {
  const key = at + 4;
  if (key > end) return cutShort(t, at, end);
  t.open('', at, 0);
  t.u16('tls.handshake.extensions_key_share_group', at);
  const next = addCounted(t, 'tls.handshake.extensions_key_share_key_exchange_length', 2, at + 2, end);
  if (next > key) t.raw('tls.handshake.extensions_key_share_key_exchange', key, next - key);
  t.shut(next);
  return next;
}

function addRenegotiation(t: Tree, at: number, end: number): void {
  t.open('', at, end - at);
  const next = addCounted(t, 'tls.handshake.extensions_reneg_info_len', 1, at, end);
  if (next > at + 1) t.raw('tls.handshake.extensions_reneg_info', at + 1, next - at - 1);
  t.shut();
}
