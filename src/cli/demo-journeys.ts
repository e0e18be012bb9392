// `pathcap demo` with the rights to observe the kernel: scenes, one after the other, and the journeys that the running kernel
// made of their packets.
import { type Journey, JourneySummary, type JourneyTextOptions, journeyText } from '../path/index.ts';
import { ascii } from './ascii.ts';
import { differences } from './demo-expectation.ts';
import type { Scene } from './demo-scene.ts';
import { SIDES } from './demo-scene-stage.ts';
import { SCENES } from './demo-scenes.ts';
import { SceneWatch } from './demo-watch.ts';
import { Failure } from './failure.ts';
import { note } from './messages.ts';
import { countLines, journeys as journeyCount } from './path-counts.ts';
import { journeyTextOptions, terminalWidth } from './path-terminal.ts';
import { Signals } from './signals.ts';
import { StandardOutput } from './standard-output.ts';
import { TextOutput } from './text-output.ts';

const INTRODUCTION =
  'Three network namespaces, client - server - behind, which vanish with this program. What is sent there, and what the running kernel does with it:';

/** Plays all scenes. Throws SystemError, before anything is printed, where the kernel cannot be observed. */
export async function showJourneys(json: boolean): Promise<number> {
  using watch = new SceneWatch();
  await watch.stage.ready();
  const show = new JourneyShow(watch, json);
  using _signals = new Signals(show, () => show.tellCounts());
  await show.run();
  return 0;
}

class JourneyShow {
  private readonly watch: SceneWatch;
  private readonly json: boolean;
  private readonly output = new StandardOutput();
  private readonly text = new TextOutput(this.output, true);
  private readonly options: JourneyTextOptions;
  private shown = 0;
  private played = 0;
  private asExpected = 0;
  private stopped = false;

  constructor(watch: SceneWatch, json: boolean) {
    this.watch = watch;
    this.json = json;
    const { inodes } = watch.ground;
    const namespaceName = (inode: number) => SIDES.find((side) => inodes[side] === inode);
    this.options = { ...journeyTextOptions(this.output.isTerminal), namespaceName };
  }

  /** Ends soon, in good order. */
  stop(): void {
    this.stopped = true;
  }

  flush(): void {
    this.text.flush();
  }

  async run(): Promise<void> {
    this.say(`${wrapped(INTRODUCTION, terminalWidth())}\n`);
    for (const [index, scene] of SCENES.entries()) {
      if (this.stopped || this.text.closed) break;
      this.say(`\n${wrapped(`${index + 1}. ${scene.heading}`, terminalWidth())}\n\n`);
      await this.play(scene);
    }
    this.text.end();
    this.tellCounts();
  }

  tellCounts(): void {
    note(`${this.played} scenes, ${this.asExpected} of them as expected`);
    const counts = { ...this.watch.statistics(), journeys: this.shown };
    for (const line of countLines(this.shown, counts)) note(line);
  }

  private async play(scene: Scene): Promise<void> {
    const lacking = this.watch.lacks(scene);
    if (lacking !== undefined) return this.leaveOut(scene, lacking);
    try {
      this.tell(scene, await this.watch.play(scene));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.leaveOut(scene, error.message);
    }
  }

  private tell(scene: Scene, journeys: readonly Journey[]): void {
    this.played++;
    this.shown += journeys.length;
    if (differences(scene, journeys, this.watch.ground).length === 0) this.asExpected++;
    if (this.json) for (const journey of journeys) this.line({ scene: scene.name, ...journey });
    else this.say(waysText(journeys, this.options));
    this.text.flush();
  }

  private leaveOut(scene: Scene, why: string): void {
    if (this.json) note(`${scene.name} is left out: ${why}`);
    else this.say(`(left out: ${why})\n`);
  }

  private line(value: object): void {
    this.text.out.text(`${ascii(JSON.stringify(value))}\n`);
  }

  /** Not for machines. */
  private say(text: string): void {
    if (this.json) return;
    const bytes = Buffer.from(text);
    this.text.out.raw(bytes, 0, bytes.length);
    this.text.flush();
  }
}

/** One journey of each way that packets took, and how many others took the same. */
function waysText(journeys: readonly Journey[], options: JourneyTextOptions): string {
  const summary = new JourneySummary();
  for (const journey of journeys) summary.add(journey);
  const counts = new Map(summary.paths().map(({ example, count }) => [example, count]));
  const blocks = journeys.flatMap((journey) => {
    const count = counts.get(journey.id);
    if (count === undefined) return [];
    const others = count > 1 ? `(and ${journeyCount(count - 1)} more the same way)\n` : '';
    return [`${journeyText(journey, options)}${others}`];
  });
  return blocks.join('\n');
}

/** Broken into lines between words. */
function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join('\n');
}
