// `pathcap` itself: reads capture files with -r and -V, captures from interfaces otherwise, or lists what there is.
import { Failure } from './failure.ts';
import { compileFilter, filterText } from './filter.ts';
import type { CaptureOptions } from './options.ts';

export async function capture(options: CaptureOptions, words: readonly string[]): Promise<number> {
  if (options.fileList !== undefined && options.readFiles.length > 0) throw new Failure('cannot take both -r and -V');
  if (options.listInterfaces || options.listLinkTypes || options.listTimestampTypes) {
    return (await import('./lists.ts')).list(options);
  }
  const filter = compileFilter(filterText(options, words));
  if (options.readFiles.length > 0 || options.fileList !== undefined) {
    return (await import('./read.ts')).read(options, filter);
  }
  return (await import('./live.ts')).live(options, filter);
}
