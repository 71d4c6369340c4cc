// A workflow file with another prompt and seed. `node workflow-file.ts [server] [workflow.json or a picture that carries one]`
import { ComfyUIClient } from 'comfy-gen';

const [host = process.env['COMFY_GEN_HOST'] ?? '127.0.0.1:8188', file = 'workflow.json'] = process.argv.slice(2);
const client = new ComfyUIClient({ host });

const job = await client.run(file, {
  prompt: 'a harbour in the morning', // takes the place of the prompt that the file holds
  seed: 1234,
  set: { 'SaveImage.filename_prefix': 'harbour' }, // any input: by the node's id, its title, or its class
  output: 'images',
});
for await (const event of job) if (event.type === 'warning') console.error(event.message);
const { files, seed, timings_ms } = await job.result();
for (const { path, width, height } of files) console.log(path, `${width ?? '?'}x${height ?? '?'}`);
console.error(`seed ${seed ?? 'none'}, ${timings_ms.total} ms`);
