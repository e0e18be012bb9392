// Makers that tcpdump names without -n (oui.c of tcpdump 4.99.3): 24-bit prefix to name.

export const OUI_NAMES: Readonly<Record<number, string>> = {
  0: 'Ethernet',
};
