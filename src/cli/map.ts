// `pathcap map`: the points of the path in their order, how each is observed on this machine, and what is missing. With
// privilege all probes are attached for a moment, to packets of no namespace; without, what can be known is told.
import { release } from 'node:os';
import { type PointObservation, Trace } from '../trace/index.ts';
import { ascii } from './ascii.ts';
import { Failure } from './failure.ts';
import { whatIsMissing } from './map-missing.ts';
import { mapText } from './map-text.ts';
import { mapPoints, unprivileged } from './map-view.ts';
import type { MapOptions } from './path-options.ts';
import { missingForTrace } from './path-privilege.ts';
import { printText } from './standard-output.ts';

/** No namespace has this inode number: nothing is followed. */
const NO_NAMESPACE = 1;

export async function map({ json }: MapOptions): Promise<number> {
  if (process.platform !== 'linux') throw new Failure('cannot map the path: it is that of the Linux kernel');
  const lacking = missingForTrace();
  const observed = lacking.length > 0 ? unprivileged(release()) : attached();
  const points = mapPoints(observed);
  if (json) printText(points.map((point) => `${ascii(JSON.stringify(point))}\n`).join(''));
  else printText(mapText(release(), points, whatIsMissing(observed, lacking)));
  return 0;
}

function attached(): readonly PointObservation[] {
  using trace = Trace.open({ namespace: NO_NAMESPACE, xdp: true });
  return trace.observed;
}
