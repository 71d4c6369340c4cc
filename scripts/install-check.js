// What a user gets: the package is packed, installed into an empty folder and run there, with the Node.js that runs this. Nothing may warn.
// With several versions, after npm run build: node scripts/on-node.js 20 22 24 26 -- node scripts/install-check.js
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'comfy-gen-install-'));
const mostPackages = 12;

/** A program that uses each entry of the library. */
const program = `
  import { ComfyUIClient } from 'comfy-gen';
  import { convertWorkflow } from 'comfy-gen/convert';
  import { readMetadata } from 'comfy-gen/metadata';
  import { startDemo } from 'comfy-gen/demo';
  const demo = await startDemo();
  const client = new ComfyUIClient({ host: demo.url });
  const [image] = await client.generateImage('a cat', '', { width: 64, height: 64, steps: 1, output: 'pictures' });
  const [path] = await client.generateImage('a dog', '', { image, steps: 1, output: 'pictures' });
  const { format } = await readMetadata(path);
  console.log(format, typeof convertWorkflow);
  await demo[Symbol.asyncDispose]();
`;

/**
 * Standard output of a command that must end with this exit code. `quiet`: and say nothing on standard error.
 * @param {string} folder
 * @param {readonly string[]} command
 * @param {{ code?: number, quiet?: boolean }} [expected]
 */
function run(folder, [name = '', ...args], { code = 0, quiet = true } = {}) {
  // Windows has npm and the commands of packages as .cmd files, which only a shell can start
  const shell = process.platform === 'win32';
  const { status, stdout, stderr, error } = spawnSync(name, args, { cwd: folder, encoding: 'utf8', shell });
  const line = [name, ...args].join(' ');
  if (error !== undefined || status !== code)
    throw new Error(`${line}: exit code ${status}, not ${code}\n${error?.message ?? ''}${stdout}${stderr}`);
  const loud = quiet ? stderr.trim() !== '' : /warn|deprecat/i.test(`${stdout}${stderr}`);
  if (loud) throw new Error(`${line}: warns\n${stderr}`);
  return { stdout, stderr };
}

/** @param {string} name */
function emptyFolder(name) {
  const folder = join(work, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n');
  return folder;
}

/** @param {string} folder */
function installedIn(folder) {
  return readdirSync(join(folder, 'node_modules'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /^(?:.*[\\/]node_modules[\\/])?(?:@[^@\\/]+[\\/])?[^@.\\/][^\\/]*[\\/]package\.json$/.test(path),
  ).length;
}

/** @param {string} tarball */
function checkWhole(tarball) {
  const folder = emptyFolder('whole');
  run(folder, ['npm', 'install', '--no-audit', '--no-fund', tarball], { quiet: false });
  const count = installedIn(folder);
  if (count > mostPackages) throw new Error(`npm install brings ${count} packages, ${mostPackages} at most`);
  checkCommands(folder);
  run(folder, ['npx', 'comfy-gen', '--demo', 'x', '--size', '64x64', '--format', 'webp', '-q']);
  writeFileSync(join(folder, 'program.js'), program);
  const { stdout } = run(folder, ['node', 'program.js']);
  if (stdout !== 'png function\n') throw new Error(`the library: printed ${stdout}`);
  return count;
}

/** @param {string} tarball */
function checkBare(tarball) {
  const folder = emptyFolder('bare');
  run(folder, ['npm', 'install', '--omit=optional', '--no-audit', '--no-fund', tarball], { quiet: false });
  checkCommands(folder);
  const { stderr } = run(folder, ['npx', 'comfy-gen', '--demo', 'x', '--format', 'webp'], { code: 2, quiet: false });
  if (!stderr.includes('npm install --include=optional sharp')) throw new Error(`without sharp: ${stderr}`);
  return installedIn(folder);
}

/** @param {string} folder */
function checkCommands(folder) {
  run(folder, ['npx', 'comfy-gen', '--version']);
  run(folder, ['npx', 'comfy-gen', '--help']);
  const { stdout } = run(folder, ['npx', 'comfy-gen', '--demo', 'x', '-q']);
  if (!/\.png\n$/.test(stdout)) throw new Error(`--demo: printed ${stdout}`);
  run(folder, ['npx', 'comfy-gen', '--demo', 'x'], { quiet: false });
}

try {
  const { stdout } = run(root, ['npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', work], {
    quiet: false,
  });
  const tarball = join(work, stdout.trim());
  const whole = checkWhole(tarball);
  const bare = checkBare(tarball);
  process.stdout.write(`Node ${process.version}: ${whole} packages, ${bare} without optional ones, no warning\n`);
} catch (error) {
  process.stderr.write(`Node ${process.version}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
