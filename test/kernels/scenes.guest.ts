// The demo's scenes on a kernel that lets functions be traced, without making use of that: what test/trace/scenes.test.ts does
// there with it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differences } from '../../src/cli/demo-expectation.ts';
import { SCENES } from '../../src/cli/demo-scenes.ts';
import { SceneWatch } from '../../src/cli/demo-watch.ts';

/** Long enough for a journey that nobody expects. */
const LINGER_MS = 150;

/** A burst has room in it, although guests read ten times more slowly. */
const BUFFER_BYTES = 1 << 26;

/** As in test/trace/scenes.test.ts: a program in the kernel is not run while it runs already. */
const AGAIN = { retry: 2 } as const;

describe('scenes of the demo without tracing of functions', () => {
  let watch: SceneWatch;
  beforeAll(async () => {
    watch = new SceneWatch({ without: ['fentry'], bufferBytes: BUFFER_BYTES });
    await watch.stage.ready();
  });
  afterAll(() => watch[Symbol.dispose]());

  it.each(SCENES)('$name', AGAIN, async (scene) => {
    expect(watch.lacks(scene)).toBeUndefined();
    expect(differences(scene, await watch.play(scene, { lingerMs: LINGER_MS }), watch.ground)).toEqual([]);
  });
});
