// Properties draw from the same seed as all other random inputs when one is given.
import fc from 'fast-check';

if (process.env.PATHCAP_SEED !== undefined) fc.configureGlobal({ seed: Number(process.env.PATHCAP_SEED) | 0 });
