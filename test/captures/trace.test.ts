// Tracing routes and knocking at ports: traceroute in all its ways, nc and hping3.
import { describeCaptures } from './capture.ts';
import { atOnce } from './network.ts';

const FLAGS = ['-S', '-A', '-F', '-R', '-P', '-U', '-X', '-Y', '-FPU', '-S --tcp-timestamp', '-S -b'];
const OTHERS = ['--udp -p 53 -d 30', '--icmp -C 13', '--icmp -C 17', '--rawip -H 200 -d 20'];

describeCaptures('tracing', [
  {
    name: 'traceroute with UDP',
    tools: ['traceroute'],
    shows: ['ICMP time exceeded', /udp port \d+ unreachable/],
    run: async (network) => {
      await network.client('traceroute -n -q 2 10.9.1.2; traceroute -w 0.3 -n -q 1 -U 10.9.1.2');
    },
  },
  {
    name: 'traceroute with ICMP',
    tools: ['traceroute'],
    shows: ['ICMP time exceeded', 'ICMP echo request', 'ICMP echo reply'],
    run: async (network) => {
      await network.client('traceroute -n -q 2 -I 10.9.1.2');
    },
  },
  {
    name: 'traceroute with TCP and unknown protocols',
    tools: ['traceroute'],
    shows: ['Flags [S]', 'Flags [R.]', 'ip-proto-99'],
    run: async (network) => {
      await network.client('traceroute -n -q 1 -T -p 80 10.9.1.2; traceroute -m 3 -w 0.3 -n -q 1 -P 99 10.9.1.2');
    },
  },
  {
    name: 'traceroute over IPv6',
    tools: ['traceroute'],
    shows: ['ICMP6, time exceeded', 'ICMP6, destination unreachable', 'Flags [S]'],
    run: async (network) => {
      await network.client(
        `${['', '-I', '-T'].map((way) => `traceroute -6 ${way} -n -q 1 fd00:9:1::2 &`).join('\n')}\nwait`,
      );
    },
  },
  {
    name: 'port scan',
    tools: ['nc'],
    shows: ['Flags [S]', 'Flags [R.]', 'fd00:9::2.81'],
    run: async (network) => {
      await network.client('nc -z -w 1 10.9.0.2 20-30; nc -z -w 1 fd00:9::2 80-83');
    },
  },
  {
    name: 'odd flags and protocols',
    tools: ['hping3'],
    shows: ['Flags [FPU]', 'Flags [S]', 'ICMP time stamp query', 'ip-proto-200'],
    run: async (network) => {
      const tcp = FLAGS.map((flags) => `${flags} -p 99 -d 3`);
      await network.client(
        atOnce([...tcp, ...OTHERS].map((options) => `timeout 1 hping3 -q -c 1 ${options} 10.9.0.2`)),
      );
    },
  },
]);
