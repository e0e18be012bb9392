// The time at the start of a line, in tcpdump's forms -t to -ttttt (util-print.c, ts_print).
import { type ReadyText, readyText, type TextWriter } from '../bytes/index.ts';
import type { PrintOptions } from './printer.ts';

const SECONDS_PER_DAY = 86400;

type Settings = Pick<PrintOptions, 'time' | 'fractionDigits' | 'utcOffset'>;

export class TimestampPrinter {
  private readonly settings: Settings;
  /** The second whose text stands in `ready`, since most lines share theirs with the line before. */
  private second = Number.NaN;
  private ready: ReadyText = readyText('');
  private hasFraction = true;
  /** What differences count from; as in tcpdump, zero means that there is none yet. */
  private base = { seconds: 0, units: 0 };

  constructor(settings: Settings) {
    this.settings = settings;
  }

  print(out: TextWriter, seconds: number, nanoseconds: number): void {
    switch (this.settings.time) {
      case 1:
        return;
      case 3:
      case 5:
        this.difference(out, seconds, this.units(nanoseconds));
        break;
      default:
        if (seconds !== this.second) this.remember(seconds);
        out.put(this.ready);
        if (this.hasFraction) this.fraction(out, this.units(nanoseconds));
    }
    out.byte(0x20);
  }

  /** Nanoseconds, or whole microseconds, as the fraction's digits want. */
  private units(nanoseconds: number): number {
    return this.settings.fractionDigits === 9 ? nanoseconds : Math.floor(nanoseconds / 1000);
  }

  private remember(seconds: number): void {
    this.second = seconds;
    this.hasFraction = !isUnprintable(seconds);
    this.ready = readyText(this.textOf(seconds));
  }

  private textOf(seconds: number): string {
    if (isUnprintable(seconds)) return UNPRINTABLE;
    if (this.settings.time === 2) return String(seconds);
    if (this.settings.time === 4) return `${this.date(seconds)} ${this.clock(seconds)}`;
    return this.clock(seconds);
  }

  private clock(seconds: number): string {
    const local = seconds + this.settings.utcOffset(seconds);
    return timeOfDay(((local % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY);
  }

  private date(seconds: number): string {
    return new Date((seconds + this.settings.utcOffset(seconds)) * 1000).toISOString().slice(0, 10);
  }

  /** Since the line before (-ttt) or the first (-ttttt), days left out, with a minus sign when time went back. */
  private difference(out: TextWriter, seconds: number, units: number): void {
    if (this.base.seconds === 0 && this.base.units === 0) this.base = { seconds, units };
    let elapsed = seconds - this.base.seconds;
    let fraction = units - this.base.units;
    const negative = elapsed < 0 || (elapsed === 0 && fraction < 0);
    if (negative) {
      elapsed = -elapsed;
      fraction = -fraction;
    }
    if (fraction < 0) {
      fraction += 10 ** this.settings.fractionDigits;
      elapsed--;
    }
    out.byte(negative ? 0x2d : 0x20);
    if (isUnprintable(elapsed)) out.text(UNPRINTABLE);
    else {
      out.text(timeOfDay(elapsed % SECONDS_PER_DAY));
      this.fraction(out, fraction);
    }
    if (this.settings.time === 3) this.base = { seconds, units };
  }

  private fraction(out: TextWriter, units: number): void {
    out.byte(0x2e);
    out.decimalPadded(units, this.settings.fractionDigits);
  }
}

/** tcpdump prints no time from 2038 on, when a signed 32-bit number of seconds is full. */
const UNPRINTABLE = '[Error converting time]';

function isUnprintable(seconds: number): boolean {
  return seconds % 0x1_0000_0000 >= 0x8000_0000;
}

function timeOfDay(seconds: number): string {
  const pad = (n: number) => String(n).padStart(2, '0');
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}
