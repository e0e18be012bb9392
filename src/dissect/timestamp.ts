// The time at the start of a line, in tcpdump's forms -t to -ttttt (util-print.c, ts_print).
import type { TextWriter } from '../bytes/index.ts';
import type { PrintOptions } from './printer.ts';

const SECONDS_PER_DAY = 86400;

type Settings = Pick<PrintOptions, 'time' | 'fractionDigits' | 'utcOffset'>;

export class TimestampPrinter {
  private readonly settings: Settings;
  /** The second whose text stands in `text`, since most lines share theirs with the line before. */
  private second = Number.NaN;
  private text = '';
  private base: { seconds: number; nanoseconds: number } | undefined;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  print(out: TextWriter, seconds: number, nanoseconds: number): void {
    switch (this.settings.time) {
      case 1:
        return;
      case 3:
      case 5:
        this.difference(out, seconds, nanoseconds);
        break;
      default:
        if (seconds !== this.second) this.remember(seconds);
        out.text(this.text);
        this.fraction(out, nanoseconds);
    }
    out.byte(0x20);
  }

  private remember(seconds: number): void {
    this.second = seconds;
    if (this.settings.time === 2) this.text = String(seconds);
    else if (this.settings.time === 4) this.text = `${this.date(seconds)} ${this.clock(seconds)}`;
    else this.text = this.clock(seconds);
  }

  private clock(seconds: number): string {
    const local = seconds + this.settings.utcOffset(seconds);
    return timeOfDay(((local % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY);
  }

  private date(seconds: number): string {
    return new Date((seconds + this.settings.utcOffset(seconds)) * 1000).toISOString().slice(0, 10);
  }

  /** Since the line before (-ttt) or the first (-ttttt), with a minus sign when time went back. */
  private difference(out: TextWriter, seconds: number, nanoseconds: number): void {
    this.base ??= { seconds, nanoseconds };
    let elapsed = seconds - this.base.seconds;
    let fraction = nanoseconds - this.base.nanoseconds;
    const negative = elapsed < 0 || (elapsed === 0 && fraction < 0);
    if (negative) {
      elapsed = -elapsed;
      fraction = -fraction;
    }
    if (fraction < 0) {
      fraction += 1e9;
      elapsed--;
    }
    out.text(negative ? '-' : ' ');
    out.text(timeOfDay(elapsed));
    this.fraction(out, fraction);
    if (this.settings.time === 3) this.base = { seconds, nanoseconds };
  }

  private fraction(out: TextWriter, nanoseconds: number): void {
    out.byte(0x2e);
    if (this.settings.fractionDigits === 9) out.decimalPadded(nanoseconds, 9);
    else out.decimalPadded(Math.floor(nanoseconds / 1000), 6);
  }
}

function timeOfDay(seconds: number): string {
  const pad = (n: number) => String(n).padStart(2, '0');
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}
