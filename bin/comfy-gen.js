#!/usr/bin/env node
// The process: its streams, signals and exit code; all else is in bundle/. Any Node must be able to read this file: nothing
// is loaded, and no newer syntax is used, before the version is known to be one that runs the rest. It is CommonJS, as
// package.json beside it says: Node takes 3 to 8 ms longer to start an ES module.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    'error: comfy-gen needs Node.js 20.19 or newer, and this is ' +
      process.version +
      '\nhint: install a newer Node.js (https://nodejs.org), or call comfy-gen with one that you have\n',
  );
  process.exitCode = 2;
} else {
  process.exitCode = 1; // until there is an answer: a run that ends without one is no success
  const { main, processTerminal } = require('../bundle/start.cjs');
  void main(process.argv.slice(2), processTerminal()).then((code) => {
    process.exitCode = code;
  });
}
