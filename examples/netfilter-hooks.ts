// A function at each of netfilter's five hooks, as nf_register_net_hook registers them. node netfilter-hooks.js
import { HOOK, type HookFunction, PRIORITY, VERDICT } from 'pathcap/stack';
import { ethernet, frame, icmp, ipv4, udp } from 'pathcap/wire';
import { ETH0_MAC, exampleHost, NEIGHBOUR_MAC } from './example-host.ts';

const host = exampleHost();
for (const [name, hook] of Object.entries(HOOK)) {
  const run: HookFunction['run'] = (skb, state) => {
    console.log(`  ${name.padEnd(12)} in ${state.in?.name ?? '-'}, out ${state.out?.name ?? '-'}, ${skb.len} bytes`);
    return VERDICT.ACCEPT;
  };
  host.net.hooks.nfRegisterHook({ hook, priority: PRIORITY.FILTER, run });
}

const link = ethernet({ source: NEIGHBOUR_MAC, destination: ETH0_MAC });
const to = (destination: string) => ipv4({ source: '10.0.0.9', destination });
console.log('for this host:');
host.receive('eth0', frame(link, to('10.0.0.2'), udp({ sourcePort: 1000, destinationPort: 53 })));
console.log('for somebody else:');
host.receive('eth0', frame(link, to('10.9.0.7'), udp({ sourcePort: 1000, destinationPort: 53 })));
console.log('for this host, which answers:');
host.receive('eth0', frame(link, to('10.0.0.2'), icmp({ type: 8, identifier: 1, sequence: 1 })));
