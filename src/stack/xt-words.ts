// Words of a rule of iptables, read one after the other.

/** The words of a rule, taken from the front. */
export class Words {
  private readonly words: readonly string[];
  private at = 0;

  constructor(words: readonly string[]) {
    this.words = words;
  }

  get isOver(): boolean {
    return this.at >= this.words.length;
  }

  peek(): string | undefined {
    return this.words[this.at];
  }

  /** The word behind the next. */
  ahead(): string | undefined {
    return this.words[this.at + 1];
  }

  next(): string {
    const word = this.words[this.at++];
    if (word === undefined) throw new SyntaxError('the rule ends too early');
    return word;
  }

  /** Takes a "!" away when there is one. */
  takeNot(): boolean {
    if (this.words[this.at] !== '!') return false;
    this.at++;
    return true;
  }
}
