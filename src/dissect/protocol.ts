// What a protocol is to this room: a name, a printer of tcpdump's text, and a dissector into fields. One file each;
// registry.ts says where each is found.
import type { Printer } from './printer.ts';
import type { Tree } from './tree.ts';

/** Writes tcpdump's text of what begins at `at`; `length` is what the header below says follows (it may not all be captured). */
export type PrintFunction = (p: Printer, at: number, length: number) => void;

/** Adds the layers and fields of what begins at `at` and ends before `end` (the header's word, or the captured end). */
type DissectFunction = (t: Tree, at: number, end: number) => void;

export interface Protocol {
  /** Wireshark's abbreviation, as 'ip', 'udp', 'dns'. */
  readonly name: string;
  /** Missing where tcpdump prints nothing of it (TLS): then the payload counts as unknown. */
  readonly print?: PrintFunction;
  readonly dissect: DissectFunction;
}

/** The registry, made ready for look-ups. */
export interface Tables {
  readonly linkType: ReadonlyMap<number, Protocol>;
  readonly etherType: ReadonlyMap<number, Protocol>;
  /** 256 places, by IP protocol number. */
  readonly ipProtocol: readonly (Protocol | undefined)[];
  readonly udpPort: PortTable;
  readonly tcpPort: PortTable;
}

/**
 * Ports that belong to a protocol. What its printer finds before it and has to write itself is told at the head of
 * udp.ts and tcp.ts: over UDP "... > ...: " stands there already, over TCP "..., length N" and no separator. A row
 * whose protocol has no printer hides none behind it only if it stands last.
 */
export interface PortRow {
  readonly protocol: Protocol;
  readonly ports: readonly number[];
  /** Given where a port means the protocol at one end only: as the datagram's source, or its destination. */
  readonly only?: 'source' | 'destination';
}

/** Rows by port; where source and destination name two rows, the earlier one wins, as in tcpdump's chain of tests. */
export class PortTable {
  private readonly rows: readonly PortRow[];
  /** Row number plus one, by port; 0 for none. */
  private readonly rowOfSource = new Uint8Array(65536);
  private readonly rowOfDestination = new Uint8Array(65536);

  constructor(rows: readonly PortRow[]) {
    this.rows = rows;
    rows.forEach((row, index) => {
      for (const port of row.ports) {
        if (row.only !== 'destination') this.rowOfSource[port] ||= index + 1;
        if (row.only !== 'source') this.rowOfDestination[port] ||= index + 1;
      }
    });
  }

  /** Each port that has a row, with its protocol. */
  all(): [number, Protocol][] {
    return this.rows.flatMap(({ ports, protocol }) => ports.map((port): [number, Protocol] => [port, protocol]));
  }

  find(source: number, destination: number): Protocol | undefined {
    const a = this.rowOfSource[source]!;
    const b = this.rowOfDestination[destination]!;
    if ((a | b) === 0) return undefined;
    return this.rows[(a === 0 ? b : b === 0 ? a : Math.min(a, b)) - 1]!.protocol;
  }
}
