// The header fields of SIP that have a field of their own, and their short forms (RFC 3261 section 7.3.3 and the
// extensions' own): names as in Wireshark's packet-sip.c.

export interface SipHeader {
  field: string;
  /** The value is a number. */
  number: boolean;
}

const TEXT = [
  ...['Accept', 'Accept-Contact', 'Accept-Encoding', 'Accept-Language', 'Accept-Resource-Priority'],
  ...['Additional-Identity', 'Alert-Info', 'Allow', 'Allow-Events', 'Answer-Mode', 'Attestation-Info'],
  ...['Authentication-Info', 'Authorization', 'Call-ID', 'Call-Info', 'Cellular-Network-Info', 'Contact'],
  ...['Content-Disposition', 'Content-Encoding', 'Content-Language', 'Content-Type', 'CSeq', 'Date', 'Error-Info'],
  ...['Event', 'Feature-Caps', 'Flow-Timer', 'From', 'Geolocation', 'Geolocation-Error', 'Geolocation-Routing'],
  ...['History-Info', 'Identity', 'Info-Package', 'In-Reply-To', 'Join', 'MIME-Version', 'Min-Expires', 'Min-SE'],
  ...['Organization', 'Origination-Id', 'P-Access-Network-Info', 'P-Answer-State', 'P-Asserted-Identity'],
  ...['P-Asserted-Service', 'P-Charge-Info', 'P-Associated-URI', 'P-Called-Party-ID', 'P-Charging-Vector'],
  ...['P-Charging-Function-Addresses', 'P-DCS-Trace-Party-ID', 'P-DCS-OSPS', 'P-DCS-Billing-Info', 'P-DCS-LAES'],
  ...['P-DCS-Redirect', 'P-Early-Media', 'P-Media-Authorization', 'P-Preferred-Identity', 'P-Preferred-Service'],
  ...['P-Profile-Key', 'P-Refused-URI-List', 'P-Served-User', 'P-User-Database', 'P-Visited-Network-ID', 'Path'],
  ...['Permission-Missing', 'Priority', 'Priority-Share', 'Priv-Answer-mode', 'Privacy', 'Proxy-Authenticate'],
  ...['Proxy-Authorization', 'Proxy-Require', 'RAck', 'Reason', 'Record-Route', 'Recv-Info', 'Refer-Sub', 'Refer-To'],
  ...['Referred-by', 'Reject-Contact', 'Relayed-Charge', 'Replaces', 'Reply-To', 'Request-Disposition', 'Require'],
  ...['Resource-Priority', 'Resource-Share', 'Response-Source', 'Restoration-Info', 'Route', 'Security-Client'],
  ...['Security-Server', 'Security-Verify', 'Server', 'Service-Interact-Info', 'Service-Route', 'Session-Expires'],
  ...['Session-ID', 'Subject', 'Subscription-State', 'Supported', 'Target-Dialog', 'Timestamp', 'To'],
  ...['Trigger-Consent', 'Unsupported', 'User-Agent', 'Via', 'Warning', 'WWW-Authenticate', 'Diversion'],
] as const;

const NUMBER = ['Content-Length', 'Expires', 'Max-Breadth', 'Max-Forwards', 'Retry-After', 'RSeq'] as const;

const SHORT: Readonly<Record<string, string>> = {
  a: 'Accept-Contact',
  b: 'Referred-by',
  c: 'Content-Type',
  d: 'Request-Disposition',
  e: 'Content-Encoding',
  f: 'From',
  i: 'Call-ID',
  j: 'Reject-Contact',
  k: 'Supported',
  l: 'Content-Length',
  m: 'Contact',
  o: 'Event',
  r: 'Refer-To',
  s: 'Subject',
  t: 'To',
  u: 'Allow-Events',
  v: 'Via',
  x: 'Session-Expires',
  y: 'Identity',
};

/** By name in lower case, or short form. */
export const SIP_HEADERS: ReadonlyMap<string, SipHeader> = (() => {
  const table = new Map<string, SipHeader>();
  for (const name of TEXT) table.set(name.toLowerCase(), { field: `sip.${name}`, number: false });
  for (const name of NUMBER) table.set(name.toLowerCase(), { field: `sip.${name}`, number: true });
  for (const [short, name] of Object.entries(SHORT)) table.set(short, table.get(name.toLowerCase())!);
  return table;
})();
