// LoRAs by what their files say: another family is refused, missing trigger words are told, `list loras` shows both.
import { expect } from 'vitest';
import { ComfyUIClient } from '../../src/client.ts';
import { startDemo } from '../../src/demo/demo.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';
import { refused } from './refused.ts';

const models = {
  checkpoints: ['v1-5-pruned-emaonly.ckpt', 'sd_xl_base_1.0.safetensors'],
  loras: ['film.safetensors', 'ink/xl.safetensors', 'silent.safetensors', 'old.pt'],
};
const metadata = {
  'loras/film.safetensors': { ss_base_model_version: 'sd_v1', ss_tag_frequency: '{"5_x": {"ohwx": 9, "film grain": 8, "sky": 1}}' }, // prettier-ignore
  'loras/ink/xl.safetensors': { 'modelspec.architecture': 'stable-diffusion-xl-v1-base/lora', 'modelspec.trigger_phrase': '\u001b[2Jink\u0007 wash' }, // prettier-ignore
};

test('a LoRA of another family is refused before anything is sent; --force-lora sends it, from any source', async () => {
  await using server = await startDemo({ models, metadata });
  await using place = await Workplace.create();
  const line = ['a cat', '--lora', 'xl', '-s', '1', '--size', '64x64', '--host', server.url];
  const { code, err } = await place.run(line);
  expect(code).toBe(4);
  expect(err).toContain('LoRA xl is made for sdxl, not for sd15\n');
  expect(err).toContain('name one for sd15 in --lora, or send it all the same with --force-lora');
  expect(server.queued()).toBe(0);
  refused(await place.run([...line, '--dry-run']), 4);
  expect((await place.run([...line, '--force-lora', '--json'])).code).toBe(0);
  expect((await place.run(line, { env: { COMFY_GEN_FORCE_LORA: '1' } })).code).toBe(0);
  const fits = await place.run(['a cat', ...line.slice(1), '-c', 'sd_xl_base_1.0.safetensors', '--json']);
  expect(fits.code, fits.err).toBe(0);
  expect(fits.err).toContain('LoRA xl: the prompt lacks its trigger words ink wash\n');
});

test('a LoRA that came after the definitions were kept is looked at all the same', async () => {
  await using place = await Workplace.create();
  const before = await startDemo({ models: { ...models, loras: [] } });
  const line = ['a cat', '-s', '1', '--size', '64x64', '--host', before.url];
  expect((await place.run(line)).code).toBe(0);
  await before.stop();
  await using server = await startDemo({ models, metadata, port: before.port });
  const { code, err } = await place.run([...line, '--lora', 'xl']);
  expect([code, server.queued()], err).toEqual([4, 0]);
});

test('trigger words that the prompt lacks are told, once; what tells nothing is no fault', async () => {
  await using server = await startDemo({ models, metadata });
  await using place = await Workplace.create();
  const line = ['--lora', 'film', '--lora', 'silent', '--lora', 'old.pt', '-s', '1', '--size', '64x64', '--host', server.url]; // prettier-ignore
  const { code, err } = await place.run(['a cat, Film_Grain', ...line, '--count', '2']);
  expect(code, err).toBe(0);
  expect(err.match(/LoRA .*/g)).toEqual(['LoRA film: the prompt lacks its trigger words ohwx']);
  expect((await place.run(['ohwx film grain', ...line])).err).not.toContain('LoRA');
  const asked = server.log.filter(({ path }) => path.includes('view_metadata/loras')).length;
  expect(asked).toBe(6); // three files in two runs
});

test('rows and the library: the same refusal, the same words', async () => {
  await using server = await startDemo({ models, metadata });
  await using place = await Workplace.create({
    'rows.jsonl': '{"prompt":"a","lora":"xl","steps":1}\n',
    'forced.jsonl': '{"prompt":"a","lora":"xl","steps":1,"size":"64x64","forceLora":true}\n',
  });
  expect((await place.run(['batch', 'rows.jsonl', '--host', server.url])).code).toBe(4);
  const forced = await place.run(['batch', 'forced.jsonl', '--host', server.url]);
  expect(forced.code, forced.err).toBe(0);
  await using client = new ComfyUIClient({ host: server.url });
  const plan = { prompt: 'a cat', lora: 'xl' };
  await expect(client.plan(plan)).rejects.toMatchObject({ reason: 'not_runnable', hint: expect.stringContaining('forceLora') as string }); // prettier-ignore
  const { notes } = await client.plan({ ...plan, forceLora: true });
  expect(notes).toContain('LoRA xl: the prompt lacks its trigger words ink wash');
});

test('list loras: names alone; with -v and --json family and trigger words', async () => {
  await using server = await startDemo({ models, metadata });
  await using place = await Workplace.create();
  const list = (...more: string[]): ReturnType<Workplace['run']> =>
    place.run(['list', 'loras', ...more, '--host', server.url]);
  expect((await list()).out).toBe('film.safetensors\nink/xl.safetensors\nsilent.safetensors\nold.pt\n');
  const lines = (await list('-v')).out.split('\n');
  expect(lines.slice(0, 3)).toEqual([
    'film.safetensors\tsd15\tohwx, film grain',
    'ink/xl.safetensors\tsdxl\tink wash',
    'silent.safetensors',
  ]);
  expect(jsonLines((await list('--json', 'film')).out)).toEqual([
    { name: 'film.safetensors', family: 'sd15', trigger_words: ['ohwx', 'film grain'] },
  ]);
});

test('a missing few-step LoRA: the hint says which file goes where', async () => {
  await using server = await startDemo({ models });
  await using place = await Workplace.create();
  const line = ['a cat', '--turbo', '-c', 'sd_xl_base_1.0.safetensors', '--host', server.url];
  const { code, err } = await place.run(line);
  expect(code).toBe(4);
  expect(err).toContain('put sdxl_lightning_4step_lora.safetensors into models/loras');
  expect(err).toContain('or leave --turbo out');
});
