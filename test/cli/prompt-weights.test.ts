// Weights in brackets that the model's text encoder reads as text: told once, where others read it too.
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient } from '../../src/index.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';

const models = {
  diffusion_models: ['z_image_turbo_bf16.safetensors'],
  text_encoders: ['qwen_3_4b.safetensors'],
  vae: ['ae.safetensors'],
};
const told = 'z-image-turbo reads (red:1.3) as plain text: its text encoder knows no weights in brackets';

test('once on standard error, and with --events as one event of many jobs', async () => {
  await using demo = await startDemo({ models });
  await using place = await Workplace.create();
  const at = ['a (red:1.3) door', '--host', demo.url, '-s', '1', '--size', '64x64', '--count', '3'];
  const plain = await place.run(at);
  expect(plain.err.split(told)).toHaveLength(2);
  const events = await place.run([...at, '--events']);
  const warnings = jsonLines(events.out).filter(({ type }) => type === 'warning');
  expect(warnings).toMatchObject([{ reason: 'note', message: told, prompt_id: expect.any(String) as string }]);
  expect(events.err.split(told)).toHaveLength(2);
});

test('a program hears of it in its plan and as an event; a family that reads weights says nothing', async () => {
  await using demo = await startDemo({ models });
  await using client = new ComfyUIClient({ host: demo.url });
  expect((await client.plan({ prompt: 'a (red:1.3) door' })).notes).toContain(told);
  const job = await client.generate({ prompt: 'a (red:1.3) door', steps: 1, size: '64x64' });
  const messages: string[] = [];
  for await (const event of job) if (event.type === 'warning') messages.push(event.message);
  expect(messages.filter((one) => one === told)).toHaveLength(1);
  await using other = await startDemo();
  await using sd = new ComfyUIClient({ host: other.url });
  expect((await sd.plan({ prompt: 'a (red:1.3) door' })).notes.join()).not.toContain('brackets');
});
