// A web handler that streams the picture to the browser: nothing is saved, nothing is held in memory.
// `node web-server.ts [server] [port]`, then http://127.0.0.1:3000/?prompt=a+lighthouse
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { ComfyGenError, ComfyUIClient } from 'comfy-gen';

const [host = process.env['COMFY_GEN_HOST'] ?? '127.0.0.1:8188', port = '3000'] = process.argv.slice(2);
const client = new ComfyUIClient({ host });

async function picture(prompt: string, response: ServerResponse): Promise<void> {
  const abort = new AbortController();
  response.once('close', () => abort.abort()); // a browser that leaves cancels its job
  const { signal } = abort;
  const job = await client.generate({ prompt, width: 512, height: 512, steps: 20, signal });
  const [output] = (await job.result()).outputs;
  if (output === undefined) throw new Error('the job made no file');
  response.writeHead(200, { 'content-type': 'image/png' });
  for await (const piece of output.stream({ signal }))
    if (!response.write(piece)) await once(response, 'drain', { signal }); // a slow browser slows the server down
  response.end();
}

const server = createServer((request, response) => {
  const prompt = new URL(request.url ?? '/', 'http://localhost').searchParams.get('prompt') ?? 'a lighthouse';
  picture(prompt, response).catch((error: unknown) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(error instanceof ComfyGenError && error.code === 'usage' ? 400 : 502).end(String(error));
  });
});
server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? port) : port}/`);
});
