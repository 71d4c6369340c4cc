// docs/protocol.md: every place of the code that cites it names a section that is there, under the one spelling that this test finds.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${root}/docs/protocol.md`, 'utf8');

/** Numbers of headings (`## 3 …`, `### 3.1 …`) and of facts in lists (`- **3.1.5** …`). */
const sections = [...page.matchAll(/^(?:#{2,3} |- \*\*)(\d+(?:\.\d+)*)\b/gm)].map((m) => m[1] ?? '');

type Citation = { readonly file: string; readonly number: string };

/** Every number behind `protocol.md`: `protocol.md 3.1.5`, `protocol.md 2.1, 12` and `protocol.md 2 to 5` name one or two each. */
function citations(): Citation[] {
  return ['src', 'test']
    .flatMap((room) => readdirSync(`${root}/${room}`, { recursive: true }).map((name) => `${room}/${String(name)}`))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('protocol.test.ts'))
    .flatMap((file) =>
      [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/protocol\.md (\d[\d.]*(?:(?:, | and | to )\d[\d.]*)*)/g)]
        .flatMap((m) => (m[1] ?? '').split(/, | and | to /))
        .map((number) => ({ file, number: number.replace(/\.$/, '') })),
    );
}

test('every citation names a section that exists', () => {
  expect(citations().filter(({ number }) => !sections.includes(number))).toEqual([]);
  expect(citations().length).toBeGreaterThan(5);
});

test('every number stands for one section', () => {
  expect(sections.filter((number, i) => sections.indexOf(number) !== i)).toEqual([]);
});

test('numbers that the page itself refers to exist', () => {
  const referred = [...page.matchAll(/[( ](\d+\.\d(?:\.\d)?)(?=[,);])(?!\.\d)/g)].map((m) => m[1] ?? '');
  const versions = new Set(['0.4', '0.27']);
  expect(referred.filter((number) => !sections.includes(number) && !versions.has(number))).toEqual([]);
  expect(referred.length).toBeGreaterThan(10);
});
