// Would this host take an SSH connection from there? Asks the model, with no root and no packet sent:
//
//   pathcap snapshot > host.json; node would-it-pass.js host.json eth0 10.0.0.9
import { readFileSync } from 'node:fs';
import { journeyText } from 'pathcap/path';
import { describePacket, Host, parseHostState } from 'pathcap/stack';

const [state = 'host.json', device = 'eth0', source = '10.0.0.9'] = process.argv.slice(2);
const host = new Host(parseHostState(readFileSync(state, 'utf8')));
const dev = host.net.devGetByName(device);
const own = dev?.addresses[0];
if (dev === undefined || own === undefined) throw new Error(`${device} has no IPv4 address there`);
const address = [24, 16, 8, 0].map((shift) => (own.local >>> shift) & 0xff).join('.');
host.net.journeys.deliver = (journey) => process.stdout.write(journeyText(journey));
host.receive(device, describePacket(`tcp ${source} > ${address}:22 SYN`, dev.devAddr));
