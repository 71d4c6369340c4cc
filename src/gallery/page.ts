// Pictures -> one HTML page that needs nothing else: style and script stand in it, texts are data and never markup.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sweepAxes, type Picture } from './picture.ts';
import { packageFile } from '../version.ts';
import { pageMark } from './marks.ts';

/** Shipped beside the code, written for browsers. */
const asset = (name: string): Promise<string> => readFile(packageFile(`assets/${name}`), 'utf8');

/** The page as it is to lie at `path`: links to the pictures are relative to its folder. */
export async function renderPage(pictures: readonly Picture[], path: string, title: string): Promise<string> {
  const [style, script] = await Promise.all([asset('gallery.css'), asset('gallery.js')]);
  const data = {
    title,
    axes: sweepAxes(pictures).map(({ key }) => key),
    pictures: pictures.map(({ path: file, shown, kind, thumbnail, ...rest }) => ({
      link: linkTo(file, path),
      name: file.replace(/^.*[\\/]/, ''),
      shown,
      kind,
      thumbnail,
      ...rest,
    })),
  };
  const policy = `default-src 'none'; img-src data: file: 'self'; media-src file: 'self'; style-src ${hashed(style)}; script-src ${hashed(script)}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${pageMark}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<noscript>This page shows its pictures by a script, which stands in it and loads nothing from elsewhere.</noscript>
<script type="application/json" id="gallery">${escapeJson(JSON.stringify(data))}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** Relative, each part encoded; a file on another drive by its whole address. */
function linkTo(file: string, page: string): string {
  const path = relative(dirname(page), file);
  return isAbsolute(path) ? pathToFileURL(file).href : path.split(/[\\/]/).map(encodeURIComponent).join('/');
}

const hashed = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** No text within a script may end it, or open a comment. */
const escapeJson = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
