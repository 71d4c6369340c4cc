// A picture is made from one that is there. `node picture-from-picture.ts [server] [picture]`
import { ComfyUIClient, type GenerateOptions } from 'comfy-gen';

const [host = process.env['COMFY_GEN_HOST'] ?? '127.0.0.1:8188', image = 'house.png'] = process.argv.slice(2);
const client = new ComfyUIClient({ host });

const options: GenerateOptions = {
  prompt: 'the same house in deep snow',
  image, // a path; bytes do as well
  denoise: 0.6, // how much of it is made anew
  seed: 7n,
  output: 'images',
};

// what would be sent: model, size and seed are settled, and nothing is queued
const plan = await client.plan(options);
for (const note of plan.notes) console.error(note);
console.error(`${plan.recipe ?? ''}, ${plan.checkpoint ?? ''}, ${plan.width ?? ''}x${plan.height ?? ''}`);

const job = await client.generate(options);
for await (const event of job) {
  if (event.type === 'queued') console.error(`${event.ahead} jobs before this one`);
  if (event.type === 'progress') console.error(`${Math.round(event.share * 100)} %`);
}
const { files } = await job.result();
for (const { path } of files) console.log(path);
