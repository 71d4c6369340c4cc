// Properties by fast-check: 30 cases each in `npm test`, as many as COMFY_GEN_FUZZ_RUNS says in `npm run fuzz`.
import fc from 'fast-check';
import { test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';

const { COMFY_GEN_FUZZ_RUNS: runs, COMFY_GEN_FUZZ_SEED: seed, COMFY_GEN_FUZZ_PATH: path } = process.env;

/** A failure prints seed and path: COMFY_GEN_FUZZ_SEED and COMFY_GEN_FUZZ_PATH play it again. */
export function holds<T extends [unknown, ...unknown[]]>(
  what: string,
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  predicate: (...values: T) => boolean | undefined | Promise<boolean | undefined>,
): void {
  const property = fc.asyncProperty(...arbitraries, async (...values: T) => (await predicate(...values)) ?? true);
  test(what, { timeout: 1_800_000 }, () =>
    fc.assert(property, {
      numRuns: Number(runs ?? 30),
      ...(seed === undefined ? {} : { seed: Number(seed) }),
      ...(path === undefined ? {} : { path }),
    }),
  );
}

/** What it gives, or undefined when it refuses with one of our own errors; anything else is thrown on. */
export function orRefused<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof ComfyGenError && error.code !== 'internal' && error.message !== '') return undefined;
    throw error;
  }
}

/** Words that break parsers, among any others. */
export const nasty: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.string(),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)), // lone surrogates too
  fc.constantFrom('__proto__', 'constructor', 'toString', '..', '', ' ', '\0', 'CON', '-0', 'NaN', '1e999', '\u202e'),
);

/** Pieces of a language, joined in any order, with anything between. */
export function pieces(...known: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...known) }, { weight: 1, arbitrary: nasty });
  return fc.array(piece, { maxLength: 12 }).map((all) => all.join(''));
}

/** Any JSON, with keys that are properties of every object. */
export const anyJson = (): fc.Arbitrary<unknown> =>
  fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(nasty, fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.bigInt()),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.array(fc.tuple(nasty, tie('value')), { maxLength: 4 }).map((entries): unknown => Object.fromEntries(entries)),
    ),
  })).value;
