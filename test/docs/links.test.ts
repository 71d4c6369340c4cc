// Links of the README and of docs/: what they name is in the package, headings included, or is an address of the web.
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);
const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly files: readonly string[] };
const packed = ['README.md', 'LICENSE', 'package.json', ...files];

/** A page without its code. */
const textOf = (page: string): string =>
  readFileSync(join(root, page), 'utf8')
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]]/g, ''));

const linksOf = (page: string): string[] => [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to ?? '');

/** As GitHub and npm make them of headings. */
const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

function problemOf(page: string, link: string): string | undefined {
  if (/^(https|mailto):/.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : relative(root, join(root, dirname(page), path));
  if (!existsSync(join(root, target))) return `${link}: no such file`;
  if (!packed.some((one) => target === one || target.startsWith(`${one}/`))) return `${link}: not in the package`;
  if (anchor !== undefined && !anchorsOf(target).includes(anchor)) return `${link}: no such heading`;
  return undefined;
}

test.each(pages)('the links of %s', (page) => {
  expect(linksOf(page).flatMap((link) => problemOf(page, link) ?? [])).toEqual([]);
});

test('every page of docs/ is named in the README', () => {
  const links = linksOf('README.md');
  expect(pages.filter((page) => page !== 'README.md' && !links.includes(page))).toEqual([]);
});
