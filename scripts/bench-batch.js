// npm run bench:batch: memory over 10,000 rows, 8 servers against one, and how close 200 short jobs come to a queue that is never empty.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const bin = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'comfy-gen.js');
const folder = mkdtempSync(join(tmpdir(), 'comfy-gen-bench-'));
const home = { ...process.env, XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') };
/** @type {import('node:child_process').ChildProcess[]} */
const servers = [];

/**
 * A demo server as a process of its own; its address.
 * @param {number} stepMs
 * @returns {Promise<string>}
 */
async function serve(stepMs) {
  const args = [bin, 'serve', '--port', '0', '--step-ms', String(stepMs), '--load-ms', '0'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  servers.push(child);
  return new Promise((resolve) =>
    child.stdout.once('data', (data) => resolve(/https?:\/\/[^\s]+/.exec(String(data))?.[0] ?? '')),
  );
}

function stopServers() {
  for (const child of servers.splice(0)) child.kill();
}

/**
 * Resident memory in MB, where the system tells (Linux).
 * @param {number} pid
 */
function memoryOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

/**
 * Runs a batch of so many rows; `at` is called with the number of files so far. Resolves to first-to-last-file ms.
 * @param {string} name
 * @param {number} rows
 * @param {number} steps
 * @param {readonly string[]} hosts
 * @param {(files: number, pid: number) => void} at
 */
async function batch(name, rows, steps, hosts, at = () => undefined) {
  const file = join(folder, `${name}.txt`);
  writeFileSync(file, Array.from({ length: rows }, (_none, i) => `lighthouse number ${i}\n`).join(''));
  const options = ['--no-config', '--size', '64x64', '-s', String(steps), '-q', '-o', join(folder, name)];
  const child = spawn(process.execPath, [bin, 'batch', file, ...options, ...hosts.flatMap((h) => ['--host', h])], {
    env: home,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve) => child.once('close', resolve));
  const began = performance.now();
  let files = 0;
  createInterface({ input: child.stdout }).on('line', () => at(++files, child.pid ?? 0));
  const code = await ended;
  if (code !== 0 || files !== rows) throw new Error(`${name}: exit code ${code}, ${files} files of ${rows}`);
  return performance.now() - began;
}

/** @type {(name: string, value: string, goal: string) => void} */
const row = (name, value, goal) => console.log(`${name.padEnd(44)} ${value}  (goal ${goal})`);

try {
  {
    // start-up is the same for one row: what is left is the time of the jobs
    const url = await serve(20);
    await batch('warm', 1, 1, [url]);
    const alone = await batch('alone', 1, 1, [url]);
    const wall = await batch('short', 200, 1, [url]);
    /** @typedef {Record<string, { status: { messages: [string, { timestamp: number }][] } }>} History */
    const history = Object.values(/** @type {History} */ (await (await fetch(`${url}/history`)).json()));
    const spans = history.map(({ status: { messages } }) => messages.map(([, { timestamp }]) => timestamp));
    const busy = spans.slice(-200).reduce((sum, times) => sum + Math.max(...times) - Math.min(...times), 0);
    const text = `${((wall - alone) / busy).toFixed(2)}x, ${(busy / 200).toFixed(1)} ms a job`;
    row('200 jobs of 20 ms / a server always busy', text, '<= 1.10');
    stopServers();
  }
  {
    const one = await serve(100);
    const single = 16 / (await batch('one', 16, 10, [one]));
    const eight = [one, ...(await Promise.all(Array.from({ length: 7 }, () => serve(100))))];
    const many = 128 / (await batch('eight', 128, 10, eight));
    row('8 servers / one, images in the same time', `${(many / single).toFixed(2)}x`, '>= 7.6');
    stopServers();
  }
  {
    const hosts = [await serve(0), await serve(0)];
    const rows = Number(process.argv[2] ?? 10_000);
    /** @type {{ early: number[], late: number[] }} */
    const marks = { early: [], late: [] };
    const seconds =
      (await batch('long', rows, 1, hosts, (files, pid) => {
        if (files > 450 && files <= 550 && files % 10 === 0) marks.early.push(memoryOf(pid));
        if (files > rows - 150 && files <= rows - 50 && files % 10 === 0) marks.late.push(memoryOf(pid));
      })) / 1000;
    /** @param {readonly number[]} list */
    const mean = (list) => list.reduce((sum, n) => sum + n, 0) / list.length;
    const [early, late] = [mean(marks.early), mean(marks.late)];
    row(
      `memory after ${rows} rows / after 500`,
      `${(late / early).toFixed(2)}x, ${late.toFixed(0)} MB; ${(rows / seconds).toFixed(0)} rows/s`,
      '<= 1.20',
    );
  }
} finally {
  stopServers();
  rmSync(folder, { recursive: true, force: true });
}
