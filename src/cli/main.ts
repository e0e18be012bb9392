// Where the command starts. `pathcap --version` is answered from here, before anything else is loaded.
import { printVersion } from './version.ts';

export async function main(argv: readonly string[]): Promise<number> {
  try {
    if (argv.length === 1 && argv[0] === '--version') return printVersion();
    const { run } = await import('./parse.ts');
    return await run(argv);
  } catch (error) {
    const { describeError, Failure } = await import('./failure.ts');
    const { tell } = await import('./messages.ts');
    tell(describeError(error));
    return error instanceof Failure ? error.exitCode : 1;
  }
}
