// How a decoder says that the captured bytes end before the header does. One shared object, thrown inside this
// room only: Printer.packet and dissect catch it, keep all that was read, and note where it stopped.

class Truncated {
  readonly what = 'the captured bytes end here';
}

export const TRUNCATED = new Truncated();
