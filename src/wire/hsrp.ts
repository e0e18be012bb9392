// HSRP version 1 messages: RFC 2281 section 5.1.

export const HSRP = {
  version: 0,
  operation: 1,
  state: 2,
  helloTime: 3,
  holdTime: 4,
  priority: 5,
  group: 6,
  reserved: 7,
  authentication: 8,
  authenticationSize: 8,
  virtualAddress: 16,
  size: 20,
} as const;
