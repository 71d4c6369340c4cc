// What a command says and does when it refuses: one sentence, perhaps a hint, no stack.
import { expect } from 'vitest';
import type { Finished } from '../helpers/cli.ts';

export function refused({ code, err, signal }: Finished, expected: number): void {
  expect({ code, signal, err: err.slice(0, 2000) }).toMatchObject({ code: expected, signal: null });
  expect(err).toMatch(/(^|\n)error: [^\n]{10,600}\n(hint: [^\n]{1,400}\n)?$/);
  expect(err).not.toMatch(/\n\s+at /);
}
