// What `npm run bench` compares a job with: the least that a script with ws and built-in fetch can do, prompt to file.
// The third word is another client: `http` for node:http, `undici` for undici, which writes the file while it comes.
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import WebSocket from 'ws';

const [url, file, way] = process.argv.slice(2);

/**
 * The whole answer as bytes.
 * @param {string} path
 * @param {string} [body]
 * @returns {Promise<Buffer>}
 */
async function ask(path, body) {
  const method = body === undefined ? 'GET' : 'POST';
  if (way === 'undici') {
    const answer = await (await import('undici')).request(url + path, { method, body: body ?? null });
    return Buffer.from(await answer.body.arrayBuffer());
  }
  if (way !== 'http') return Buffer.from(await (await fetch(url + path, { method, body: body ?? null })).arrayBuffer());
  const { request } = process.getBuiltinModule('node:http'); // an import would load the fetch that this row goes without
  return new Promise((resolve, reject) => {
    const asked = request(url + path, { method }, (answer) => {
      /** @type {Buffer[]} */
      const pieces = [];
      answer.on('data', (/** @type {Buffer} */ piece) => pieces.push(piece));
      answer.on('end', () => resolve(Buffer.concat(pieces)));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const id = crypto.randomUUID();
const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?clientId=${id}`);
await new Promise((resolve) => socket.once('message', resolve));
/** @type {Promise<void>} */
const over = new Promise((resolve) => {
  socket.on('message', (/** @type {Buffer} */ data, isBinary) => {
    if (isBinary) return;
    const message = /** @type {{ type: string, data: { node?: string | null } }} */ (JSON.parse(data.toString()));
    if (message.type === 'executing' && message.data.node === null) resolve();
  });
});
const seed = Math.floor(Math.random() * 2 ** 50);
const prompt = {
  1: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'v1-5-pruned-emaonly.ckpt' }, _meta: { title: 'x' } },
  2: { class_type: 'CLIPTextEncode', inputs: { text: 'a lighthouse', clip: ['1', 1] }, _meta: { title: 'x' } },
  3: { class_type: 'EmptyLatentImage', inputs: { width: 64, height: 64, batch_size: 1 }, _meta: { title: 'x' } },
  4: {
    class_type: 'KSampler',
    inputs: {
      model: ['1', 0],
      positive: ['2', 0],
      negative: ['2', 0],
      latent_image: ['3', 0],
      seed,
      steps: 1,
      cfg: 7,
      sampler_name: 'euler',
      scheduler: 'normal',
      denoise: 1,
    },
    _meta: { title: 'x' },
  },
  5: { class_type: 'VAEDecode', inputs: { samples: ['4', 0], vae: ['1', 2] }, _meta: { title: 'x' } },
  6: { class_type: 'SaveImage', inputs: { images: ['5', 0], filename_prefix: 'ComfyUI' }, _meta: { title: 'x' } },
};
const answer = await ask('/prompt', JSON.stringify({ prompt, client_id: id }));
const { prompt_id } = /** @type {{ prompt_id: string }} */ (JSON.parse(answer.toString()));
await over;
/** @typedef {Record<string, { outputs: Record<string, { images: Record<string, string>[] }> }>} History */
const history = /** @type {History} */ (JSON.parse((await ask(`/history/${prompt_id}`)).toString()));
const [image] = history[prompt_id].outputs[6].images;
const view = `/view?${new URLSearchParams(image).toString()}`;
if (way === 'undici')
  await (await import('undici')).stream(url + view, { method: 'GET' }, () => createWriteStream(file));
else await writeFile(file, await ask(view));
socket.close();
