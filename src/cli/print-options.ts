// From the letters to what the printer wants.
import type { Names, PrintOptions } from '../dissect/index.ts';
import { interfaceName } from './interface-names.ts';
import type { CaptureOptions } from './options.ts';

export function printOptions(options: CaptureOptions, names: Names | undefined): Partial<PrintOptions> {
  return {
    verbosity: Math.min(options.verbose, 3),
    linkHeader: options.linkHeader,
    quiet: options.quiet,
    absoluteSequence: options.absoluteSequence,
    skipChecksums: options.skipChecksums,
    numeric: options.numeric > 0,
    hostOnly: options.hostOnly,
    ...dump(options),
    packetNumbers: options.number,
    time: options.time as PrintOptions['time'],
    fractionDigits: options.timestampPrecision === 'nano' ? 9 : 6,
    utcOffset,
    names,
    interfaces: isFromSeveral(options),
    interfaceName,
  };
}

/** Files do not count: with -r and -V, -i means nothing. */
function isFromSeveral({ interfaces, readFiles, fileList }: CaptureOptions): boolean {
  return new Set(interfaces).size > 1 && readFiles.length === 0 && fileList === undefined;
}

/** -X wins over -x, and -x over -A (print.c, pretty_print_packet). */
function dump({ hexAscii, hex, ascii }: CaptureOptions): Pick<PrintOptions, 'dump' | 'dumpLinkHeader'> {
  if (hexAscii > 0) return { dump: 'hex-ascii', dumpLinkHeader: hexAscii > 1 };
  if (hex > 0) return { dump: 'hex', dumpLinkHeader: hex > 1 };
  return { dump: ascii > 0 ? 'ascii' : 'none', dumpLinkHeader: ascii > 1 };
}

/** Seconds east of UTC at a time, in the zone of this process. */
export function utcOffset(epochSeconds: number): number {
  return -60 * new Date(epochSeconds * 1000).getTimezoneOffset();
}
