// `pathcap` itself: reads capture files with -r and -V, captures from interfaces otherwise, or lists what there is.
import { Failure } from './failure.ts';
import { filterText } from './filter-text.ts';
import type { CaptureOptions } from './options.ts';

export async function capture(options: CaptureOptions, words: readonly string[]): Promise<number> {
  if (options.fileList !== undefined && options.readFiles.length > 0) throw new Failure('cannot take both -r and -V');
  if (options.listInterfaces || options.listLinkTypes || options.listTimestampTypes) {
    return (await import('./lists.ts')).list(options);
  }
  if (options.filterExplain !== undefined) {
    return (await import('./filter-explain.ts')).explainFilter(options.filterExplain, options);
  }
  const text = filterText(options, words);
  if (options.dumpCode > 0) return (await import('./filter-code.ts')).printCode(text ?? '', options);
  // The compiler is loaded only where there is a filter.
  const filter = text === undefined ? undefined : await (await import('./filter.ts')).chooseFilter(text, options);
  if (options.readFiles.length > 0 || options.fileList !== undefined) {
    return (await import('./read.ts')).read(options, filter);
  }
  return (await import('./live.ts')).live(options, filter);
}
