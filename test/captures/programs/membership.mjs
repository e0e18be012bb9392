// Joins multicast groups, IPv4 and IPv6, of any and of one source, leaves some and ends.
import { createSocket } from 'node:dgram';

const HERE = { ipv4: '10.9.0.1', ipv6: '::%v0' };

const ipv4 = createSocket('udp4');
const ipv6 = createSocket('udp6');
ipv4.bind(5000, () => {
  ipv4.addMembership('239.1.2.3', HERE.ipv4);
  ipv4.addSourceSpecificMembership('10.9.0.2', '232.1.1.1', HERE.ipv4);
});
ipv6.bind(5001, () => {
  ipv6.addMembership('ff05::1234', HERE.ipv6);
  ipv6.addSourceSpecificMembership('fd00:9::2', 'ff35::99', HERE.ipv6);
});
setTimeout(() => {
  ipv4.dropMembership('239.1.2.3', HERE.ipv4);
  ipv6.dropMembership('ff05::1234', HERE.ipv6);
}, 150);
setTimeout(() => process.exit(), 300);
