// WHOIS: RFC 3912, a line asked and text answered; tcpdump's print-whois.c.
import type { Protocol } from './protocol.ts';
import { textOverTcpPrinter } from './text-protocol.ts';

export const whois: Protocol = {
  name: 'whois',
  print: textOverTcpPrinter('whois'),
  dissect: (t, at, end) => t.data(at, end),
};
