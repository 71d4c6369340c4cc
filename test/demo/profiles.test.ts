// Which ComfyUI the demo server plays: today's defaults, 0.33 and 0.3.64, each where they differ.
import { expect, test } from 'vitest';
import { startDemo, type ProfileName } from '../../src/demo/demo.ts';
import { ask, listen, over, picture, plain, post, submit } from './bench.ts';

const slow = { stepMs: 20 };
const id = '00000000-0000-4000-8000-0000000000aa';

test('today: files have ids and say what they are, and can be asked for by them', async () => {
  await using demo = await startDemo();
  await using ear = await listen(demo);
  const [file] = (await over(demo, await submit(demo, plain, { client_id: 'me' }))).outputs['2']?.images ?? [];
  expect(file).toMatchObject({ preview_id: null, metadata: { kind: 'image', width: 64, height: 64 } });
  await ear.hears(/"type":"assets\.seed\.resumed"/);
  const heard = ear.frames.find((f) => typeof f === 'string' && f.includes('"executed"'));
  const { id: asset } = file as unknown as { id: string };
  expect(heard).toContain(asset);
  expect((await ask(demo, `/api/assets/${asset}`)).json).toMatchObject({ id: asset, mime_type: 'image/png' });
  const content = await fetch(`${demo.url}/api/assets/${asset}/content`);
  expect(content.headers.get('content-type')).toBe('image/png');
  expect((await ask(demo, '/api/assets?include_tags=output&limit=1')).json).toMatchObject({
    total: 1,
    has_more: false,
  });
  expect((await ask(demo, '/api/assets?limit=0')).status).toBe(400);
  expect((await ask(demo, `/api/assets/${id}`)).json).toMatchObject({ error: { code: 'ASSET_NOT_FOUND' } });
  expect((await ask(demo, `/api/assets/${asset}`, { method: 'DELETE' })).status).toBe(204);
  expect((await ask(demo, `/api/assets/${asset}`)).status).toBe(404);
});

test.each(['today', '0.33'] as const)('%s: the graph of a running job', async (profile) => {
  await using demo = await startDemo({ ...slow, profile });
  const own = await submit(demo, picture());
  const next = await submit(demo, plain);
  const graphs = [await ask(demo, `/api/jobs/${own}`), await ask(demo, `/api/jobs/${next}`)].map(
    ({ json }) => (json as { workflow?: { prompt: object } }).workflow?.prompt,
  );
  expect(graphs).toEqual(profile === 'today' ? [picture(), plain] : [undefined, undefined]);
  await over(demo, next);
});

test('today: a node that loads says so', async () => {
  await using demo = await startDemo({ loadMs: 5 });
  await using ear = await listen(demo);
  await submit(demo, picture(), { client_id: 'me' });
  await ear.hears(/"node":null/);
  expect(ear.frames.filter((f) => typeof f === 'string' && f.includes('"activity":"loading"'))).toHaveLength(1);
});

test.each<[ProfileName, string, boolean | undefined, number]>([
  ['today', '0.46.0', true, 200],
  ['0.33', '0.33.0', false, 503],
  ['0.3.64', '0.3.64', undefined, 404],
])('%s says its version and what it has', async (profile, version, assets, status) => {
  await using demo = await startDemo({ profile });
  expect((await ask(demo, '/system_stats')).json).toMatchObject({ system: { comfyui_version: version } });
  expect((await ask(demo, '/features')).json).toMatchObject(assets === undefined ? {} : { assets });
  expect((await ask(demo, '/api/assets')).status).toBe(status);
  const [file] = (await over(demo, await submit(demo, plain))).outputs['2']?.images ?? [];
  expect('id' in (file ?? {})).toBe(assets === true);
});

test('0.3.64: no /api/jobs, any id, its own words for an unknown class, and its own classes', async () => {
  await using demo = await startDemo({ profile: '0.3.64' });
  expect((await ask(demo, '/api/jobs')).status).toBe(404);
  expect(await submit(demo, plain, { prompt_id: 'Any Text' })).toBe('Any Text');
  const unknown = { '1': { class_type: 'NotARealNode', inputs: {} } };
  expect((await post(demo, '/prompt', { prompt: unknown })).json).toMatchObject({ error: { type: 'invalid_prompt' } });
  const save = (await ask(demo, '/object_info/SaveImage')).json as { SaveImage: { output: unknown } };
  expect(save.SaveImage.output).toEqual([]);
  expect((await ask(demo, '/object_info/Flux2Scheduler')).json).toEqual({});
});

test('a profile that is not known is refused', async () => {
  await expect(startDemo({ profile: '0.1' as ProfileName })).rejects.toMatchObject({ reason: 'bad_option' });
});

const rows = (inputs: object): Record<string, { class_type: string; inputs: Record<string, unknown> }> => ({
  ...(picture({ model: ['20', 0] }) as Record<string, { class_type: string; inputs: Record<string, unknown> }>),
  '20': { class_type: 'LoadLoraModel', inputs: { model: ['4', 0], ...inputs } },
});
const lora = 'add_detail.safetensors';
const row = (n: number | string): object => ({
  [`loras.${n}.lora_name`]: lora,
  [`loras.${n}.strength`]: 0.5,
  [`loras.${n}.enabled`]: true,
});

test('today: rows of a group, with some missing in between', async () => {
  await using demo = await startDemo();
  expect((await over(demo, await submit(demo, rows({ ...row(0), ...row(19) })))).status.status_str).toBe('success');
  const info = (await ask(demo, '/object_info/LoadLoraModel')).json as {
    LoadLoraModel: { input: { required: { loras: [string, { min: number; max: number }] } } };
  };
  expect(info.LoadLoraModel.input.required.loras).toMatchObject(['COMFY_DYNAMICGROUP_V3', { min: 1, max: 20 }]);
});

test.each([
  ['a row too far', row(20)],
  ['a leading zero', row('01')],
  ['a row that is no number', row('__proto__')],
  ['a field that rows have not', { ...row(0), 'loras.0.colour': 1 }],
  ['no row', {}],
  ['a number beyond all bounds', row('9'.repeat(400))],
])('today: %s is invalid_dynamic_input, and nothing else is told of the node', async (_what, inputs) => {
  await using demo = await startDemo();
  const { status, json } = await post(demo, '/prompt', { prompt: rows({ ...inputs, model: 5 }) });
  expect(status).toBe(400);
  const { errors } = (json as { node_errors: Record<string, { errors: object[] }> }).node_errors['20'] ?? {};
  expect(errors).toMatchObject([{ type: 'invalid_dynamic_input', extra_info: { input_name: 'loras' } }]);
});

test('today: the fields of a row are checked as other inputs are', async () => {
  await using demo = await startDemo();
  const { json } = await post(demo, '/prompt', { prompt: rows({ ...row(0), 'loras.0.strength': 200 }) });
  const { errors } = (json as { node_errors: Record<string, { errors: object[] }> }).node_errors['20'] ?? {};
  expect(errors).toMatchObject([{ type: 'value_bigger_than_max', details: 'loras.0.strength' }]);
});
