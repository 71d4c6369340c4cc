// What `npm run bench` compares a job with: the least that a script with built-in fetch and ws can do, prompt to file.
import { writeFile } from 'node:fs/promises';
import WebSocket from 'ws';

const [url, file] = process.argv.slice(2);
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
const answer = await fetch(`${url}/prompt`, { method: 'POST', body: JSON.stringify({ prompt, client_id: id }) });
const { prompt_id } = /** @type {{ prompt_id: string }} */ (await answer.json());
await over;
/** @typedef {Record<string, { outputs: Record<string, { images: Record<string, string>[] }> }>} History */
const history = /** @type {History} */ (await (await fetch(`${url}/history/${prompt_id}`)).json());
const [image] = history[prompt_id].outputs[6].images;
const picture = await fetch(`${url}/view?${new URLSearchParams(image).toString()}`);
await writeFile(file, Buffer.from(await picture.arrayBuffer()));
socket.close();
