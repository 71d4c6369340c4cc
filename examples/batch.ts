// Many pictures with a progress line. Ctrl-C cancels what is sent; the same command goes on where it stopped.
// `node batch.ts [server]`
import { ComfyGenError, ComfyUIPool, type BatchRow } from 'comfy-gen';

const [host = process.env['COMFY_GEN_HOST'] ?? '127.0.0.1:8188'] = process.argv.slice(2);
const pool = new ComfyUIPool([host]);
const abort = new AbortController();
process.once('SIGINT', () => abort.abort());

// rows may as well come from an async generator: a database, a queue
const colours = ['red', 'green', 'blue', 'yellow'];
const rows: BatchRow[] = colours.map((colour, i) => ({ prompt: `a ${colour} balloon`, seed: i + 1 }));

let done = 0;
try {
  for await (const event of pool.batch(rows, {
    width: 512,
    height: 512,
    steps: 20,
    output: 'images',
    archive: 'balloons.jsonl', // what is done is not made again
    signal: abort.signal,
  })) {
    if (event.type === 'saved') console.log(event.file.path);
    if (event.type === 'done') console.error(`${++done} of ${rows.length}`);
    if (event.type === 'failed') console.error(`row ${event.row}: ${event.result.error.message}`);
  }
} catch (error) {
  if (!(error instanceof ComfyGenError)) throw error;
  console.error(error.message);
  process.exitCode = error.exit_code;
}
