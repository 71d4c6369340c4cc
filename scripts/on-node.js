// Runs a command with other versions of Node.js: node scripts/on-node.js 20 22 24 26 -- npx vitest run --project fast test/media
// Each version comes from the `node` package of the npm registry, which npx keeps in its cache. Ends with 1 if the command failed with any of them.
import { spawnSync } from 'node:child_process';

const usage = 'usage: node scripts/on-node.js <version...> -- <command...>, as in: 20 22 -- npm test\n';

/** @param {readonly string[]} args */
function main(args) {
  const split = args.indexOf('--');
  const versions = args.slice(0, split);
  const command = args.slice(split + 1);
  if (split < 1 || command.length === 0 || !versions.every((version) => /^\d+(\.\d+){0,2}$/.test(version))) {
    process.stderr.write(usage);
    return 2;
  }
  const codes = versions.map((version) => runOn(version, command));
  process.stderr.write(`\n${versions.map((version, i) => `Node ${version}: exit code ${codes[i]}`).join('\n')}\n`);
  return codes.every((code) => code === 0) ? 0 : 1;
}

/**
 * Runs the command with this version first on the path; its exit code.
 * @param {string} version
 * @param {readonly string[]} command
 */
function runOn(version, command) {
  process.stderr.write(`\n== Node ${version}: ${command.join(' ')}\n`);
  const args = ['--yes', `--package=node@${version}`, '--', ...command];
  // Windows has npx as a .cmd file, which only a shell can start
  const { status, error } = spawnSync('npx', args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (error !== undefined) process.stderr.write(`npx could not be started: ${error.message}\n`);
  return status ?? 1;
}

process.exitCode = main(process.argv.slice(2));
