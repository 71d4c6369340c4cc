// npm run release:check -- v1.2.3: whether this tag may be published. package.json and the lock file have its version, CHANGELOG.md tells what is in it.
import { readFileSync } from 'node:fs';

/** @param {string} name */
const textOf = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
/** @param {string} name */
function versionIn(name) {
  const { version } = /** @type {{ version: string }} */ (JSON.parse(textOf(name)));
  return version;
}

/** @param {string} tag */
function problemsOf(tag) {
  const version = tag.replace(/^v/, '');
  const wrong = ['package.json', 'package-lock.json']
    .filter((name) => versionIn(name) !== version)
    .map((name) => `${name} has version ${versionIn(name)}, the tag is ${tag}`);
  const heading = textOf('CHANGELOG.md')
    .split('\n')
    .find((line) => line === `## ${version}` || line.startsWith(`## ${version} `));
  if (heading === undefined) wrong.push(`CHANGELOG.md has no heading "## ${version}"`);
  else if (heading.includes('unreleased')) wrong.push(`CHANGELOG.md calls ${version} unreleased`);
  return wrong;
}

const tag = process.argv.at(2) ?? process.env.GITHUB_REF_NAME ?? '';
const problems = /^v\d/.test(tag)
  ? problemsOf(tag)
  : [`"${tag}" is no tag like v1.2.3: npm run release:check -- v1.2.3`];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
