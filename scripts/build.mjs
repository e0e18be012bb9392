// npm run build: dependencies and dist, when they are missing or out of date.
import { prepare } from './setup.mjs';

await prepare();
