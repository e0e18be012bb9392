// `pathcap --version` and `pathcap version`.
import { readFileSync } from 'node:fs';
import { printText } from './standard-output.ts';

/** The version of package.json, which lies two folders up both from src/cli and from dist/cli. */
export function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

export function printVersion(): number {
  printText(`pathcap version ${version()}\nNode ${process.versions.node}\n`);
  return 0;
}
