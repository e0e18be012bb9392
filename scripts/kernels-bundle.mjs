// Joins test files and all they import from the sources into a few modules that Node runs as they are: in a guest, finding and
// compiling them one by one would take longer than the tests.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ENTRY = '\0entry';

/** `files` are paths from `root`. Writes main.js into `folder`: a program that runs them (test/kernels/guest.ts). */
export async function bundleTests({ root, files, options, folder }) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: { main: ENTRY },
    platform: 'node',
    transform: { target: 'es2023' },
    plugins: [entry(root, files, options), ownPlaces(root)],
  });
  await bundle.write({ dir: folder, format: 'esm', sourcemap: true, cleanDir: true });
  await bundle.close();
  return join(folder, 'main.js');
}

function entry(root, files, options) {
  const loaders = files.map((file) => `${JSON.stringify(file)}: () => import(${JSON.stringify(join(root, file))}),`);
  const code = `import { runTests } from ${JSON.stringify(join(root, 'test/kernels/guest.ts'))};
await runTests({ ${loaders.join('\n')} }, ${JSON.stringify(options)});`;
  return {
    name: 'entry',
    resolveId: (id) => (id === ENTRY ? id : undefined),
    load: (id) => (id === ENTRY ? { code, moduleType: 'js' } : undefined),
  };
}

/** Files look for what lies beside them: they are told where they came from, not where they were joined. */
function ownPlaces(root) {
  const isOurs = (id) => id.startsWith(join(root, 'src')) || id.startsWith(join(root, 'test'));
  return {
    name: 'own places',
    transform: (code, id) =>
      isOurs(id) && code.includes('import.meta.url')
        ? { code: code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)), map: null }
        : undefined,
  };
}
