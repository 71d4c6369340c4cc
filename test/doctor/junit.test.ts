// JUnit XML stays XML whatever a server says, and the exit code is that of the first failure.
import { expect, test } from 'vitest';
import { exitCodeOf, fail, size, warn, well } from '../../src/doctor/check.ts';
import { junit } from '../../src/doctor/junit.ts';

test('markup, control codes and lone surrogates are harmless', () => {
  const xml = junit([fail('a<b', 'execution', '"x" & <y>\u0000\u001b[31m\ud800', 'do <this>', { server: "it's" })]);
  expect(xml).toContain('name="a&lt;b"');
  expect(xml).toContain('message="&quot;x&quot; &amp; &lt;y&gt;[31m"');
  expect(xml).toContain('do &lt;this&gt;');
  expect(xml).not.toMatch(/[\u0000-\u0009\u000b-\u001f\ud800-\udfff]/);
});

test('a warning is no failure; the first failure decides', () => {
  expect(exitCodeOf([well('a', 'x'), warn('b', 'x', 'y')])).toBe(0);
  expect(
    exitCodeOf([warn('b', 'x', 'y'), fail('c', 'execution', 'x', null), fail('d', 'unreachable', 'x', null)]),
  ).toBe(5);
});

test('bytes for people', () => {
  expect([0, 1023, 1024, 3.2 * 1024 ** 3].map(size)).toEqual(['0 B', '1023 B', '1.0 KiB', '3.2 GiB']);
});
