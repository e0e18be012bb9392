// Expressions chosen by hand: the examples of pcap-filter(7), and the corners of libpcap 1.10's scanner.l, grammar.y and
// gencode.c, one a line, by the link types that they are tried for.
import type { Question } from './corpus.ts';

const ETHERNET = 1;
/** Types that have most kinds of headers between them. */
const MANY = [
  1, 0, 6, 7, 8, 9, 10, 51, 100, 101, 103, 104, 105, 107, 113, 114, 117, 122, 123, 127, 165, 192, 226, 228, 229, 240,
  276, 132, 136, 178, 194,
];
const ALL_WLAN = [105, 119, 127, 163, 192];

const ROWS: readonly (readonly [linkTypes: readonly number[], expressions: string])[] = [
  // The manual's examples.
  [
    [ETHERNET],
    String.raw`
host alpha
host alpha and ( beta or 10.0.0.2 )
ip host 10.0.0.1 and not alpha
net 192.168.1.0/24
gateway alpha and (port ftp or ftp-data)
ip and not net 10.0.0.0/8
tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net 10.0.0.0/8
tcp[tcpflags] & (tcp-rst|tcp-ack) == (tcp-rst|tcp-ack)
tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)
gateway alpha and ip[2:2] > 576
ether[0] & 1 = 0 and ip[16] >= 224
icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply
ether[0] & 1 != 0
ip[0] & 0xf != 5
ip[6:2] & 0x1fff = 0
not host alpha and 10.0.0.2
not host alpha and host 10.0.0.2
not ( host alpha or 10.0.0.2 )
tcp dst port ftp or ftp-data or domain
tcp dst port ftp or tcp dst port ftp-data or tcp dst port domain
vlan 100 && vlan 200
vlan && vlan 300 && ip
vlan 5 and vlan 100
vlan and ip or vlan and ip6
mpls 100000 && mpls 1024
mpls && mpls 1024 && host 192.168.1.77
mpls 1024
mpls 16 and mpls 1024 and ip
pppoes && ip
pppoes 0x27 && ip
pppoes 7 and tcp port 80
geneve 0xb && ip
geneve 5 and ip and tcp
geneve && (ip or ip6)
iso proto \clnp
ether proto \ip and host alpha
ip proto \icmp
ip6 protochain \tcp
ip protochain 6
src or dst port ftp-data
src net 10.0.0.0/8 and dst net 192.168.0.0/16
`,
  ],
  // Words, numbers and addresses as the scanner takes them.
  [
    [ETHERNET],
    String.raw`
ip&&tcp
ip||tcp
!tcp
not!tcp
! ! tcp
not not not tcp
((((ip))))
ip and(tcp or udp)
len==60
len = 60
len != 60
length <= 60
length<60
60 > len
60 = len
port 0120
port 0x50
port 0X50
port 08
port 0
port 65535
port 65536
len > 4294967295
len > 4294967296
len > 0xffffffff
len > 0xfffffffff
len > 037777777777
len > 040000000000
len > 010000000000
len > 0010000000000
len > 020000000000
host 010.0.0.1
host 0xa.0.0.1
host 0x0a000001
host 167772161
host 10
host 10.1
host 10.0.1
host 10.0.0.1.1
host 256.1.1.1
host 10.0.0.256
host 10.256
host 4294967295
host \10.0.0.1
host \10.1
host \alpha
host alpha.
host host-1.example
host -alpha
host 1.2.3.4.5.6
ether host 1.2.3.4.5.6
ether host 02:00:00:00:00:01
ether host 2:0:0:0:0:1
ether host 02-00-00-00-00-01
ether host 02.00.00.00.00.01
ether host 0200.0000.0001
ether host 020000000001
ether host 02:00:00:00:00
ether host 02:00:00:00:00:01:02
ether host 02:00-00:00:00:01
ether host 2:0:0:0:0:100
ether host alpha
ether host nobody
ether src alpha
ether alpha
ether 02:00:00:00:00:01
02:00:00:00:00:01
host 02:00:00:00:00:01
ip host 02:00:00:00:00:01
port 02:00:00:00:00:01
net 02:00:00:00:00:01
ether net 02:00:00:00:00:01
ether port 80
host ::1
host 2001:db8::1
host 2001:db8:0:0:0:0:0:1
host 2001:DB8::1
host ::ffff:1.2.3.4
host ::1.2.3.4
host 1::2::3
host 1:2:3:4:5:6:7:8
host 1:2:3:4:5:6:7
host 1:2:3:4:5:6:7:8:9
host 12345::
host ::
ip6 host 10.0.0.1
ip host ::1
ip6 host alpha
ip host beta
ip6 host beta
ip host gamma
ip6 host gamma
host gamma
host delta
src and dst host delta
arp host delta
rarp host gamma
arp host beta
tcp host 10.0.0.1
link host $1f
$1f
host $1f
net $1f
# comment
ip ; tcp
"ip"
ip @
tcp port 80 \
\
`,
  ],
  // Masks and networks.
  [
    [ETHERNET, 101, 276],
    String.raw`
net 10
net 10.0
net 10.0.0
net 10.0.0.0
net 0
net 0.0.0.0/0
net 10.0.0.0/0
net 0/0
net 10/8
net 10.0/16
net 10.0/8
net 10.1/8
net 10.0.0.1/32
net 10.0.0.1/31
net 10.0.0.0/33
net 10.0.0.0/08
net 10.0.0.0/0x8
net 255.255.255.255/32
net 10.0.0.0 mask 255.0.0.0
net 10.0.0.0 mask 255
net 10.0.0.1 mask 255.0.0.0
net 10.0.0.1 mask 255.0.0.255
net 10 mask 255.0
net 10 mask 255.0.0.0
net 10.0.0.0 mask 10.0.0.0
net 0.0.0.1 mask 0.0.0.255
net 0x0a000000
net 167772160
net ten
net private
net link
net whole
net nowhere
net 10.0.0.0/8 or 192.168.0.0/16
net 10 or 172
src net ten and dst net private
ip6 net 10.0.0.0/8
ip net 2001:db8::/32
ip6 net 2001:db8::/32
net 2001:db8::/32
net 2001:db8::1/32
net 2001:db8::/0
net ::/0
net ::/1
net 2001:db8::/128
net 2001:db8::/129
net 2001:db8:1::/47
net 2001:db8:1::/48
net 2001:db8::
net fe80::/10
src net fe80::/10
src and dst net fe80::/10
host 10.0.0.0/8
host fe80::/10
host fe80::1/128
fe80::1/128
10.0.0.0/8
port 10.0.0.0/8
port 10.0
proto 10.0
portrange 10.0.0.1
protochain 10.0.0.1
port fe80::1
port fe80::1/128
proto ::1
tcp net 10
net mask 10
mask 255.0.0.0
`,
  ],
  // Qualifiers: which go together, and what they leave to the ids behind.
  [
    MANY,
    String.raw`
ip
ip6
arp
rarp
tcp
udp
sctp
icmp
icmp6
igmp
igrp
pim
vrrp
carp
ah
esp
atalk
aarp
decnet
lat
sca
moprc
mopdl
iso
esis
es-is
isis
is-is
clnp
l1
l2
iih
lsp
snp
csnp
psnp
stp
ipx
netbeui
radio
link
ether
host 10.0.0.1
src 10.0.0.1
dst 10.0.0.1
src or dst 10.0.0.1
src and dst 10.0.0.1
ip host 10.0.0.1
arp host 10.0.0.1
rarp src 10.0.0.1
host 2001:db8::1
src and dst host ::1
net 10.0.0.0/8
port 80
src port 1024
dst port 53
src and dst port 80
tcp port 80
udp port 53
sctp port 80
tcp src and dst port 80
portrange 50-90
portrange 90-50
portrange 80-80
portrange http-https
portrange http-90
udp portrange domain-1024
tcp portrange domain-1024
portrange 80
portrange http
portrange 80-
portrange -80
portrange 80-65536
port http
udp port http
port domain
udp port domain
tcp port domain
sctp port domain
sctp port http
tcp port syslog
udp port syslog
port nosuchport
port 80 or 443
port (80 or 443)
not port 22 and 80
proto 6
proto \tcp
proto tcp
ip proto 6
ip proto \tcp
ip proto tcp
ip6 proto 6
ip6 proto \udp
ip6 proto 44
ip6 proto 58
proto gre
ip proto ipv6-icmp
proto nosuchproto
proto 256
proto 4294967295
ether proto 0x800
ether proto \ip
ether proto \ip6
ether proto \arp
ether proto 0x86dd
ether proto 0x0042
ether proto 0xfe
ether proto 0xfefe
ether proto 0x06
ether proto 0xe0
ether proto 0xf0
ether proto 0xaa
ether proto 1500
ether proto 1501
ether proto 0x809b
ether proto 0x80f3
ether proto 0x8137
ether proto 0x8100
ether proto 0x8847
ether proto \atalk
ether proto \aarp
ether proto \ipx
ether proto \stp
ether proto \netbeui
ether proto \iso
ether proto \decnet
ether proto loopback
ether proto lldp
ether proto slow
ether proto \tcp
link proto 2048
ppp proto 0x21
iso proto 0x83
iso proto \isis
iso proto \esis
iso proto \clnp
isis proto 15
isis proto 18
clnp proto 1
esis proto 1
tcp proto 6
arp proto 1
src proto 6
dst proto 6
ip src proto 6
ip protochain 6
ip6 protochain 6
protochain 6
protochain \udp
ip6 protochain 58
ip protochain 51
tcp protochain 6
ether protochain 6
src protochain 6
ether host 02:00:00:00:00:01
ether src 02:00:00:00:00:01
ether dst ff:ff:ff:ff:ff:ff
ether src or dst 02:00:00:00:00:02
ether src and dst 02:00:00:00:00:02
ether src host alpha
link host 02:00:00:00:00:01
wlan addr1 02:00:00:00:00:01
wlan addr2 02:00:00:00:00:01
wlan addr3 02:00:00:00:00:01
wlan addr4 02:00:00:00:00:01
wlan ra 02:00:00:00:00:01
wlan ta 02:00:00:00:00:01
ra 10.0.0.1
addr1 port 80
broadcast
multicast
ether broadcast
ether multicast
link broadcast
ip broadcast
ip multicast
ip6 multicast
ip6 broadcast
arp broadcast
tcp multicast
less 100
greater 100
byte 0 = 0x45
byte 2==0x45
byte 9 & 6
byte 9 | 0
byte 1 < 5
byte 1 > 5
len > 60
inbound
outbound
ifindex 1
decnet host 1.2
decnet src 10.77
decnet dst 10.77
decnet host alpha
decnet host 10.0.0.1
decnet host 64.1
decnet net 1.2
decnet port 1
atalk host 1
lat host 1
ipx host 1
iso host 1
stp host 1
host 1 and not 2
vlan
vlan 5
vlan 4096
mpls
mpls 1024
mpls 1048576
pppoed
pppoes
pppoes 7
pppoes 65536
geneve
geneve 5
geneve 16777216
llc
llc i
llc s
llc u
llc rr
llc rnr
llc rej
llc ui
llc ua
llc disc
llc dm
llc sabme
llc test
llc xid
llc frmr
llc UI
llc nosuch
gateway alpha
gateway 10.0.0.1
src gateway alpha
`,
  ],
  // Arithmetic: precedence, constants, sizes, nesting, what cannot be.
  [
    [ETHERNET, 101, 127],
    String.raw`
7 % 4 + 1 = 2
7 + 4 % 3 = 8
1 ^ 2 + 1 = 2
2 * 3 + 1 = 7
1 + 2 * 3 = 7
1 | 2 & 2 = 3
1 << 2 + 1 = 8
1 + 2 << 1 = 6
8 - 4 - 2 = 2
8 / 4 / 2 = 1
- 1 = 4294967295
-1 + 2 = 1
- 2 * 3 + 7 = 1
2 - -1 = 3
1 = 1
0 = 1
1 != 1
1 > 0
1 >= 1
1 < 1
1 <= 1
4294967295 + 1 = 0
0 - 1 > 5
5 / 0 = 1
5 % 0 = 1
5 / (0) = 1
5 / len > 0
5 % ip[1] = 0
len / ip[1] > 1
1 << 31 > 0
1 << 32 > 0
1 >> 32 = 0
1 << len = 0
len << 31 = 0
len << ip[8] = 0
len >> ip[8] = 0
ip[0] = 0x45
ip[0:1] = 0x45
ip[0:2] & 0xff00 = 0x4500
ip[0:4] > 0
ip[0:0] = 1
ip[0:3] = 1
ip[0:8] = 1
ip[ip[0]] = 0
ip[ip[0] & 0xf] > 1
ip[(ip[0] & 0xf) << 2:2] = 80
ip[ip[ip[0]]] = 0
tcp[tcp[12] >> 2] = 0x61
ether[12:2] = 0x800
ether[0] = ether[6]
link[0:4] = link[6:4]
ether[ether[12:2]] = 0
ether[-1] = 0
ether[0xfffffffe:4] = 0
ether[len - 1] = 0x61
ether[len] = 0
ether[0 - 5] = 0
ip6[6] = 6
ip6[40] = 0
icmp6[icmp6type] = icmp6-echo
icmp6[0] = 135
icmp6[icmp6code] = 0
icmp[icmptype] = icmp-unreach
icmp[0:4] = 0x08000000
udp[4:2] > 8
udp[0:2] = udp[2:2]
tcp[13] & 2 != 0
tcp[tcpflags] = tcp-syn
tcp[0] + tcp[1] + tcp[2] + tcp[3] > 100
sctp[0:2] = 80
igmp[0] = 0x16
pim[0] = 0x20
vrrp[0] = 0x21
carp[0] = 0x21
igrp[0] = 1
arp[6:2] = 1
arp[7] = 2
rarp[7] = 3
atalk[0] = 1
decnet[0] = 30
lat[0] = 1
sca[0] = 1
moprc[0] = 1
mopdl[0] = 1
radio[0] = 0
radio[2] > 8
radio[4:4] = 0
ah[0] = 6
esp[0] = 6
iso[0] = 1
isis[0] = 1
stp[0] = 1
ipx[0] = 1
netbeui[0] = 1
clnp[0] = 1
l1[0] = 1
(ip[0]) = 0x45
(5) = 5
(len) > 5
((len)) > 5
(len + 1) * 2 > 5
len + (1) > 5
(1 + 1) = 2
len & 1 = 0
len | 1 = 61
len ^ 1 = 61
len - len = 0
len * 0 = 0
ip[0] * 0 = 0
ip[100] * 0 = 0
ip[0] - ip[0] = 0
ip[0] & 0 = 0
ip[0] | 0xffffffff = 0xffffffff
ip[0] = 0x45 and ip[0] != 0x45
ip[8] < ip[9]
ip[8] <= ip[9]
ip[8] > ip[9]
ip[8] >= ip[9]
ip[8] != ip[9]
ip[8] - ip[9] > 4
ip[0] + ip[1] * ip[2] - ip[3] & ip[4] | ip[5] ^ ip[6] << 1 > 7
(ip[0] + (ip[1] + (ip[2] + (ip[3] + (ip[4] + (ip[5] + (ip[6] + ip[7]))))))) > 100
(ip[0] + (ip[1] + (ip[2] + (ip[3] + (ip[4] + (ip[5] + (ip[6] + (ip[7] + (ip[8] + (ip[9] + (ip[10] + (ip[11] + (ip[12] + (ip[13] + (ip[14] + (ip[15] + ip[16])))))))))))))))) > 100
ip[0] == 0x45 || ip6[0] == 0x60
not ip[100] = 0
not (ip[100] = 0) or ip
ip or ip[100] = 0
ip[100] = 0 or ip
tcpflags = 13
tcp-syn = 2
tcp-cwr|tcp-ece = 0xc0
icmp-maskreply = 18
icmp6-multicastrouterterm = 153
icmp6type = 0
len
5
ip[0]
= 5
len =
len = = 5
ip[
ip[]
ip[0
ip[0] 5
ip 0] = 5
len > 5 > 3
`,
  ],
  // What follows a tag, a label or a tunnel, through or, not and parentheses.
  [
    [ETHERNET, 240, 9, 104, 101, 123, 105],
    String.raw`
vlan and ip
vlan or ip
ip or vlan
ip or vlan or ip
not vlan and ip
not vlan or ip
(vlan and ip) or ip
vlan 5 and vlan 100 and vlan 0 and ip
vlan and vlan and vlan and tcp
vlan and not vlan
vlan or vlan
vlan 5 or vlan 100
vlan 5 or 100
vlan (5)
vlan 0x5
vlan 4095 and arp
vlan and mpls
vlan and mpls and ip
mpls and vlan
mpls and ip
mpls and ip6
mpls and arp
mpls and tcp
mpls and port 80
mpls and host 10.0.0.1
mpls and net 10.0.0.0/8
mpls and iso
mpls and ip[0] = 0x45
mpls and mpls and ip
mpls or ip
not mpls and ip
mpls and ether host 02:00:00:00:00:01
mpls and pppoes
mpls and geneve
vlan and pppoes and ip
pppoes and ip
pppoes and ip6
pppoes and tcp port 80
pppoes and vlan
pppoes and mpls
pppoes and mpls and ip
pppoes and ether host 02:00:00:00:00:01
pppoes and arp
pppoes and pppoes
pppoes or ip
pppoes and geneve
pppoes and inbound
vlan and pppoed
geneve and ip
geneve and ip6
geneve and ether host 02:00:00:00:00:01
geneve and ether broadcast
geneve and multicast
geneve and vlan
geneve and vlan 5 and ip
geneve and mpls and ip
geneve and pppoes
geneve and geneve
geneve 5 and geneve 5
geneve and tcp port 80
geneve and port 53
geneve and ip proto 17
geneve and ip protochain 6
geneve and ip6 protochain 6
geneve and llc
geneve and iso
geneve and ip[0] = 0x45
geneve and tcp[0:2] = 1024
geneve and udp[2:2] = 53
geneve and ether[0] = 2
geneve and link[12:2] = 0x800
geneve or ip
ip or geneve
ip and geneve
ip6 and geneve and ip6
not geneve
not geneve and ip
vlan and geneve and vlan and ip
geneve and len > 100
geneve and greater 100
geneve 5 and host 10.0.0.2 or host 10.0.0.1
vxlan and ip
ether proto 0x8100 and vlan
vlan and ether proto 0x800
vlan and ether[12:2] = 0x8100
vlan and ether dst ff:ff:ff:ff:ff:ff
vlan and stp
vlan and iso
vlan and llc
vlan and ipx
vlan and netbeui
vlan and atalk
vlan and broadcast
vlan and ip broadcast
vlan and ip multicast
vlan and decnet host 1.2
vlan and ip protochain 6
vlan and len > 64
`,
  ],
  // 802.11
  [
    ALL_WLAN,
    String.raw`
type data
type mgt
type management
type ctl
type control
type 0
type 4
type 8
type 12
type 1
type nosuch
type mgt subtype beacon
type mgt subtype assoc-req
type mgt subtype assocreq
type mgt subtype rts
type ctl subtype rts
type ctl subtype ack
type data subtype qos-data
type data subtype null
type data subtype nosuch
type 0 subtype 0x80
type 0 subtype 0x81
type 4 subtype 0xb0
type 12 subtype beacon
type 0 subtype beacon
type DATA subtype QOS
subtype beacon
subtype data
subtype ack
subtype auth
subtype 0x80
subtype nosuch
wlan type mgt
link subtype deauth
ip type mgt
tcp subtype beacon
wlan type mgt subtype probe-resp
dir nods
dir tods
direction fromds
dir dstods
dir 0
dir 1
dir 2
dir 3
dir 4
dir 0xff
dir nosuch
wlan dir tods
wlan host 02:00:00:00:00:01
wlan src 02:00:00:00:00:01
wlan dst 02:00:00:00:00:01
wlan src and dst 02:00:00:00:00:01
wlan src or dst 02:00:00:00:00:01
wlan ra 02:00:00:00:00:01
wlan ta 02:00:00:00:00:01
wlan addr1 ff:ff:ff:ff:ff:ff
wlan address2 02:00:00:00:00:01
wlan addr3 02:00:00:00:00:01
wlan addr4 02:00:00:00:00:01
wlan ra host alpha
addr1 02:00:00:00:00:01
wlan[0] = 0x80
wlan[1] & 3 = 1
link[4:4] = 0x02000000
radio[0] = 0
type data and ip
type data and tcp port 80
type data and not ip
subtype qos-data and host 10.0.0.1
ip[0] = 0x45
ether[0] = 8
vlan and ip
llc
llc u
ip protochain 6
`,
  ],
  [
    [117],
    String.raw`
on em0
ifname em0
ifname lo0
ifname em
ifname averylonginterfacename
rset anchor
ruleset anchor
ruleset an
ruleset averylongrulesetname
rnr 1
rulenum 2
srnr 0
subrulenum 1
rnr 4294967295
reason match
reason bad-offset
reason fragment
reason short
reason normalize
reason memory
reason bad-timestamp
reason congestion
reason ip-option
reason proto-cksum
reason state-mismatch
reason state-insert
reason state-limit
reason src-limit
reason synproxy
reason 3
reason nosuch
reason MATCH
action pass
action accept
action drop
action block
action scrub
action nat
action nonat
action binat
action nobinat
action rdr
action nordr
action synproxy-drop
action nosuch
action 1
inbound
outbound
inbound and ip
on em0 and tcp port 80
host 10.0.0.1 and action pass
ip[0] = 0x45
ip protochain 6
link[4:4] = 0x656d3000
`,
  ],
  [
    [123, 100, 1],
    String.raw`
lane
llc
metac
bcc
oamf4ec
oamf4sc
sc
ilmic
oam
oamf4
connectmsg
metaconnect
vpi 0
vci 5
vci 0x64
vpi > 0
vci >= 16
vci < 100
vci <= 100
vci != 5
vci = 5
vpi (0 or 1)
vci (1 or 2 or 5)
vci (5)
vci 65536
vpi 256
vci 5 and vpi 0
lane and ip
lane and ether host 02:00:00:00:00:01
lane and ether broadcast
lane and arp
lane and vlan
lane and llc
lane and ip or ip
llc and ip
not lane and ip
lane and lane
ip and lane
lane and multicast
lane and link[0] = 2
link[0] & 0x80 != 0
llc i
llc ui
ip or lane
`,
  ],
  [
    [139, 140, 197, 1],
    String.raw`
fisu
lssu
lsu
msu
hfisu
hlssu
hmsu
sio 131
sio 256
sio > 5
sio (5 or 131)
sio (5 or 131 or 133)
opc 5251
opc 16384
opc != 0
opc >= 1
dpc 1281
dpc < 100
dpc 16383
dpc 16384
sls 3
sls 15
sls 16
sls (1 or 2 or 3)
hsio 133
hopc 5251
hdpc 1281
hsls 3
hopc (1 or 2 or 3)
not msu
msu and opc 5251
link[2] = 0
`,
  ],
  [
    [7, 129],
    String.raw`
link host $1
link src $1f
link dst $0
link src and dst $1
link src or dst $1f
ether host $1f
host $1f
$1f
link host $100
link host 02:00:00:00:00:01
link addr1 $1
link net $1
multicast
broadcast
ip and link dst $0
`,
  ],
];

/** Both with and without a netmask where it counts. */
export const FIXED_EXPRESSIONS: readonly Question[] = ROWS.flatMap(([linkTypes, expressions]) =>
  expressions
    .trim()
    .split('\n')
    .flatMap((expression) => linkTypes.flatMap((linkType) => withNetmasks({ expression, linkType }))),
);

function withNetmasks(question: Question): Question[] {
  if (!/broadcast/.test(question.expression)) return [question];
  return [undefined, 0xffffff00, 0xff000000, 0, 0xff00ff00].map((netmask) => ({ ...question, netmask }));
}
