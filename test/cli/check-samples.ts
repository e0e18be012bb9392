// The state of a router for the tests of `pathcap check`: outside is wan, inside lan, with iptables' filter and nat.

const device = (ifindex: number, ifname: string, local: string, address: string) => ({
  ifindex,
  ifname,
  flags: ['UP'],
  mtu: 1500,
  address,
  addr_info: [{ family: 'inet', local, prefixlen: 24 }],
});

const LOCAL = { type: 'local', table: 'local', protocol: 'kernel' };
const neighbour = (dst: string, dev: string) => ({ dst, dev, lladdr: '02:00:00:00:00:fe', state: ['REACHABLE'] });

export const RULES = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i wan -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.77.0.7:8080
-A POSTROUTING -o wan -j MASQUERADE
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A INPUT -i lan -p udp -j ACCEPT
-A INPUT -i lan -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -i wan -p tcp -m tcp --dport 22 -j REJECT --reject-with tcp-reset
-A INPUT -i wan -p udp -m udp --dport 53 -j DROP
-A INPUT -i wan -p udp -m udp --dport 54 -m set --match-set known src -j DROP
-A INPUT -i wan -p udp -m udp --dport 54 -j ACCEPT
-A INPUT -i wan -p udp -m udp --dport 55 -j NFQUEUE --queue-num 0
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i lan -o wan -j ACCEPT
-A FORWARD -d 10.77.0.7/32 -i wan -p tcp -m tcp --dport 8080 -j ACCEPT
-A FORWARD -j REJECT --reject-with icmp-port-unreachable
COMMIT
`;

export const ROUTER = JSON.stringify({
  format: 'pathcap-host',
  version: 1,
  host: 'router',
  kernel: '6.18.0',
  parts: {
    addresses: JSON.stringify([
      device(2, 'wan', '192.0.2.1', '02:00:00:00:02:01'),
      device(3, 'lan', '10.77.0.1', '02:00:00:00:03:01'),
    ]),
    routes: JSON.stringify([
      { ...LOCAL, dst: '192.0.2.1', dev: 'wan' },
      { ...LOCAL, dst: '10.77.0.1', dev: 'lan' },
      { dst: '192.0.2.0/24', dev: 'wan' },
      { dst: '10.77.0.0/24', dev: 'lan' },
      { dst: 'default', gateway: '192.0.2.254', dev: 'wan' },
    ]),
    neighbours: JSON.stringify([neighbour('192.0.2.254', 'wan'), neighbour('10.77.0.7', 'lan')]),
    sockets: 'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* ino:4711 sk:1\nudp UNCONN 0 0 0.0.0.0:54 0.0.0.0:* ino:4712 sk:2\n',
    sysctls: 'net.ipv4.ip_forward = 1\n',
    iptables: RULES,
  },
});
