// Dynamic prompts: what a text becomes under a seed, and what ends as an error instead of a hang.
import { describe, expect, test } from 'vitest';
import { checkWildcards, resolvePrompt, wildcardLines } from '../../src/workflow/dynamic-prompt.ts';

const files: Readonly<Record<string, readonly string[]>> = {
  animal: ['a fox', 'an owl', 'a {red|blue} bird'],
  'styles/oil': ['oil on canvas', '__animal__ in oil'],
  loop: ['once __loop__'],
  weighted: ['3::often', 'rarely'],
  piped: ['a|b'],
};
const lines = (name: string): readonly string[] | undefined => files[name];
const all = (text: string, seeds = 400): Set<string> =>
  new Set(Array.from({ length: seeds }, (_none, i) => resolvePrompt(text, BigInt(i), lines)));

describe('a text under all seeds', () => {
  test.each([
    ['plain', ['plain']],
    ['{a|b|c}', ['a', 'b', 'c']],
    ['x {a|{b|c}} y', ['x a y', 'x b y', 'x c y']],
    ['{a|}', ['a', '']],
    ['{only}', ['only']],
    ['{0::never|always}', ['always']],
    ['__styles/oil__', ['oil on canvas', 'a fox in oil', 'an owl in oil', 'a red bird in oil', 'a blue bird in oil']],
    ['__piped__', ['a|b']],
    ['\\{a|b\\}', ['{a|b}']],
    ['an open { brace', ['an open { brace']],
    ['snake__case and __ alone', ['snake__case and __ alone']],
    ['(fox:1.2), [owl], a::b', ['(fox:1.2), [owl], a::b']],
  ])('%s', (text, expected) => expect([...all(text)].sort()).toEqual([...expected].sort()));
});

test('the same seed gives the same text, seeds that differ only above 2^53 differ', () => {
  const text = '{a|b|c|d} {a|b|c|d} {a|b|c|d} {a|b|c|d} {a|b|c|d} {a|b|c|d}';
  const high = 2n ** 63n;
  expect(resolvePrompt(text, high)).toBe(resolvePrompt(text, high));
  expect(new Set([0n, 1n, 2n, 3n].map((n) => resolvePrompt(text, high + n))).size).toBeGreaterThan(1);
});

test('weights are shares', () => {
  const count = (text: string, wanted: string): number =>
    Array.from({ length: 4000 }, (_none, i) => resolvePrompt(text, BigInt(i), lines)).filter((t) => t === wanted)
      .length;
  const share = count('{3::a|b}', 'a') / 4000;
  expect(share).toBeGreaterThan(0.7);
  expect(share).toBeLessThan(0.8);
  expect(count('__weighted__', 'often') / 4000).toBeGreaterThan(0.7);
});

test('a file that names itself, nesting without end and bombs end as errors', () => {
  expect(() => resolvePrompt('__loop__', 1n, lines)).toThrow('does a wildcard name itself');
  expect(() => resolvePrompt('{'.repeat(100) + 'a' + '}'.repeat(100), 1n)).toThrow('nested more than 50 deep');
  const bomb = Array.from({ length: 6 }, (_none, i) => [`b${i}`, [`__b${i + 1}__ `.repeat(20)]] as const);
  const bombs = new Map<string, readonly string[]>([...bomb, ['b6', ['x'.repeat(1000)]]]);
  expect(() => resolvePrompt('__b0__', 1n, (name) => bombs.get(name))).toThrow(/more than 10000 choices|million/);
});

test('a wildcard that some seed would miss is found without one', () => {
  const check = (text: string): void => checkWildcards(text, lines);
  check('{a|__animal__} __styles/oil__ __loop__ snake__case');
  expect(() => check('{a|{b|__nope__}}')).toThrow('no wildcard file for __nope__');
  expect(() => checkWildcards('__a__', (name) => (name === 'a' ? ['fine', '{x|__deep/b__}'] : undefined))).toThrow(
    '__deep/b__',
  );
});

test('lines of a wildcard file: no blank ones, no comments, no byte order mark', () => {
  expect(wildcardLines('\ufeffa fox\r\n\r\n# comment\n  an owl  \n#\n')).toEqual(['a fox', 'an owl']);
});
