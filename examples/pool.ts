// Several servers, each with as much work as it can do; the jobs of one that dies go to the others.
// `node pool.ts http://a:8188 http://b:8188`
import { ComfyUIPool, type BatchRow } from 'comfy-gen';

const given = process.argv.slice(2);
const hosts = given.length > 0 ? given : [process.env['COMFY_GEN_HOST'] ?? '127.0.0.1:8188'];
const pool = new ComfyUIPool(hosts, { retries: 2 });

/** One prompt with many seeds; a generator, so that a million of them need no memory. */
function* rows(): Generator<BatchRow> {
  for (let seed = 1; seed <= 6; seed++) yield { prompt: 'a paper boat', seed };
}

const perServer = new Map<string, number>();
for await (const event of pool.batch(rows(), { size: '512x512', steps: 20, ahead: 2, output: 'images' })) {
  if (event.type === 'warning') console.error(`row ${event.row}: ${event.message}`);
  if (event.type === 'failed') console.error(`row ${event.row}: ${event.result.error.message}`);
  if (event.type !== 'done') continue;
  const { server, files } = event.result;
  perServer.set(server, (perServer.get(server) ?? 0) + 1);
  for (const { path } of files) console.log(path);
}
for (const [server, jobs] of perServer) console.error(`${server}: ${jobs} jobs`);
