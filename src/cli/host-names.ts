// Host names of addresses: /etc/hosts, then DNS. A look-up takes time, and meanwhile packets come, so an address is
// either known (with a name or without) or being looked up.
import { Resolver } from 'node:dns/promises';
import { readHosts } from './name-files.ts';

const TIMEOUT_MS = 1500;
const TRIES = 2;
/** Look-ups on their way at one time. */
const MOST_AT_ONCE = 64;
/** So many look-ups in a row without any answer, and the server is taken for absent. */
const MOST_UNANSWERED = 8;

/** Codes that say that nobody answered, not that there is no name. */
const UNANSWERED = new Set(['ETIMEOUT', 'ECONNREFUSED', 'ESERVFAIL', 'EREFUSED']);

export class HostNames {
  private readonly resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
  /** By address as text; undefined for addresses without a name. */
  private readonly names: Map<string, string | undefined> = readHosts();
  private readonly asked = new Set<string>();
  private readonly waiting: string[] = [];
  private underway = 0;
  private unanswered = 0;
  private readonly onAnswer: () => void;

  /** `onAnswer` is called whenever an address has become known. */
  constructor(onAnswer: () => void) {
    this.onAnswer = onAnswer;
  }

  /** True when `get` knows; otherwise the address is being looked up from now on. */
  has(address: string): boolean {
    if (this.names.has(address)) return true;
    if (!this.asked.has(address)) this.ask(address);
    return this.names.has(address);
  }

  get(address: string): string | undefined {
    return this.names.get(address);
  }

  private ask(address: string): void {
    if (this.unanswered >= MOST_UNANSWERED) {
      this.names.set(address, undefined);
      return;
    }
    this.asked.add(address);
    this.waiting.push(address);
    this.askMore();
  }

  private askMore(): void {
    while (this.underway < MOST_AT_ONCE && this.waiting.length > 0) void this.lookUp(this.waiting.shift()!);
  }

  private async lookUp(address: string): Promise<void> {
    this.underway++;
    this.names.set(address, await this.reverse(address));
    this.asked.delete(address);
    this.underway--;
    this.askMore();
    this.onAnswer();
  }

  private async reverse(address: string): Promise<string | undefined> {
    if (this.unanswered >= MOST_UNANSWERED) return undefined;
    try {
      const [name] = await this.resolver.reverse(address);
      this.unanswered = 0;
      return name;
    } catch (error) {
      this.unanswered = UNANSWERED.has((error as NodeJS.ErrnoException).code ?? '') ? this.unanswered + 1 : 0;
      return undefined;
    }
  }
}
