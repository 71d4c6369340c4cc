// The licences of the packages whose code is in the bundle.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
/** @import { OutputAsset, OutputChunk } from 'rolldown' */

/**
 * Of every package whose code is in these files, with those of its parts that come from elsewhere. Throws where there is none.
 * @param {readonly (OutputChunk | OutputAsset)[]} made
 */
export function licences(made) {
  const used = made.flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []));
  const folders = used.flatMap((path) => /^(.*node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(path)?.[1] ?? []);
  return [...new Set(folders)]
    .sort()
    .map((folder) => licencesOf(folder, used))
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/**
 * @param {string} folder of a package
 * @param {readonly string[]} used modules of all packages
 */
function licencesOf(folder, used) {
  const { name, version, license } = /** @type {Record<string, string>} */ (
    JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  );
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^licen[cs]e(?:-mit)?(?:\.md|\.txt)?$/i.test(basename(path)) && !path.includes('node_modules'))
    .filter((path) => used.some((module) => module.startsWith(join(folder, dirname(path)) + sep)))
    .sort((a, b) => a.length - b.length);
  if (!files.some((path) => dirname(path) === '.'))
    throw new Error(`${folder}: no licence file, so its code cannot be in the bundle`);
  const texts = files.map((path) => {
    const text = readFileSync(join(folder, path), 'utf8').trim();
    return dirname(path) === '.' ? text : `${dirname(path).replaceAll('\\', '/')}:\n\n${text}`;
  });
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`;
}
