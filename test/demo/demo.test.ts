// The demo server without faults: a job from POST to file, the cache, and that it says what it is.
import { describe, expect, test } from 'vitest';
import { readChunks } from '../../src/media/png.ts';
import { decodeFrame } from '../../src/protocol/frames.ts';
import { startDemo } from '../../src/demo/demo.ts';
import { ask, listen, over, picture, plain, post, submit } from './bench.ts';

describe('a job', () => {
  test('tells its course in the order of the real server', async () => {
    await using demo = await startDemo();
    await using ear = await listen(demo);
    const id = await submit(demo, plain, { client_id: 'me' });
    await ear.hears(/"node":null/);
    await ear.hears(/assets\.seed\.resumed/);
    const [before, after] = [ear.types(), (await over(demo, id)).status];
    expect(before).toEqual([
      'status', 'status', 'status', 'execution_start', 'execution_cached',
      'progress_state', 'executing', 'progress_state', 'progress_state', 'executing', 'assets.seed.paused', 'executed', 'progress_state',
      'execution_success', 'status', 'executing', 'assets.seed.resumed',
    ]); // prettier-ignore
    expect(after).toMatchObject({ status_str: 'success', completed: true });
    expect(after.messages.map(([type]) => type)).toEqual(['execution_start', 'execution_cached', 'execution_success']);
  });

  test('makes a picture of the asked size that carries its graph and says that no model ran', async () => {
    await using demo = await startDemo();
    const id = await submit(demo, picture(), { extra_data: { extra_pnginfo: { workflow: { é: 1 } } } });
    const [file] = (await over(demo, id)).outputs['9']?.images ?? [];
    expect(file).toMatchObject({ filename: 'ComfyUI_00001_.png', subfolder: '', type: 'output' });
    const answer = await fetch(`${demo.url}/view?filename=ComfyUI_00001_.png`);
    const chunks = readChunks(Buffer.from(await answer.arrayBuffer()));
    const texts = chunks
      .filter((c) => c.type === 'tEXt')
      .map((c) => Buffer.from(c.data).toString('latin1').split('\u0000'));
    expect(Buffer.from(chunks[0]?.data ?? []).readUInt32BE(0)).toBe(64);
    expect(texts.map(([keyword]) => keyword)).toEqual(['prompt', 'workflow', 'comfy-gen-demo']);
    expect(JSON.parse(texts[0]?.[1] ?? '')).toMatchObject({ '6': { inputs: { text: 'a city' } } });
    expect(texts[1]?.[1]).toBe('{"\\u00e9": 1}');
    expect(texts[2]?.[1]).toContain('no model ran');
  });

  test('that was there before runs nothing and brings the old file', async () => {
    await using demo = await startDemo();
    const first = await over(demo, await submit(demo, plain));
    const again = await over(demo, await submit(demo, plain));
    expect(again.outputs).toEqual(first.outputs);
    expect(again.status.messages[1]?.[1]['nodes']).toEqual(['1', '2']);
  });

  test('sends previews only when asked, in the form that the client reads', async () => {
    await using demo = await startDemo();
    await using me = await listen(demo, 'me', true);
    await using other = await listen(demo, 'other');
    await over(demo, await submit(demo, picture({ seed: 1 }), { client_id: 'me' }));
    await me.hears(/"node":null/);
    expect(me.types()).not.toContain('binary');
    const id = await submit(demo, picture({ seed: 2 }), { client_id: 'me', extra_data: { preview_method: 'auto' } });
    await me.hears(new RegExp(`"node":null,"prompt_id":"${id}"`));
    const frames = me.frames.flatMap((f) => (typeof f === 'string' ? [] : [decodeFrame(f)]));
    expect(frames).toHaveLength(5);
    expect(frames[0]).toMatchObject({ kind: 'preview', node: '3', prompt_id: id, mime: 'image/png' });
    await submit(demo, picture({ seed: 3 }), { client_id: 'other', extra_data: { preview_method: 'auto' } });
    await other.hears(/"node":null/);
    expect(
      other.frames
        .find((f) => typeof f !== 'string')
        ?.subarray(0, 8)
        .toString('hex'),
    ).toBe('0000000100000002');
    expect(me.types().filter((t) => t === 'binary')).toHaveLength(5);
  });

  test('that is interrupted ends as such; others go on', async () => {
    await using demo = await startDemo({ stepMs: 5 });
    await using ear = await listen(demo);
    const id = await submit(demo, picture({ steps: 5000 }), { client_id: 'me' });
    const next = await submit(demo, plain);
    await ear.hears(/"type":"progress"/);
    await post(demo, '/interrupt', { prompt_id: 'somebody else' });
    await post(demo, '/interrupt', { prompt_id: id });
    expect((await over(demo, id)).status.messages.at(-1)?.[0]).toBe('execution_interrupted');
    expect((await over(demo, next)).status.status_str).toBe('success');
    expect((await ask(demo, `/api/jobs/${id}`)).json).toMatchObject({ status: 'cancelled' });
  });

  test('of two hundred waits for nobody', async () => {
    await using demo = await startDemo();
    const ids = await Promise.all(Array.from({ length: 200 }, (_, seed) => submit(demo, picture({ seed }))));
    await over(demo, ids.at(-1) ?? '');
    expect(demo.history.size).toBe(200);
  });
});

describe('the server', () => {
  test('says in so many words that it is a demo', async () => {
    await using demo = await startDemo();
    const { json } = await ask(demo, '/system_stats');
    expect(json).toMatchObject({ system: { comfyui_version: '0.46.0', comfy_gen_demo: true } });
    expect(JSON.stringify(json)).toContain('comfy-gen demo server');
  });

  test('holds exactly the model files it is given', async () => {
    await using demo = await startDemo({ models: { checkpoints: ['a.safetensors'], loras: [] } });
    expect((await ask(demo, '/models/checkpoints')).json).toEqual(['a.safetensors']);
    expect((await ask(demo, '/models/vae')).json).toEqual([]);
    const { json } = await ask(demo, '/object_info/CheckpointLoaderSimple');
    expect(json).toMatchObject({
      CheckpointLoaderSimple: { input: { required: { ckpt_name: [['a.safetensors'], {}] } } },
    });
  });

  test('keeps seeds digit by digit', async () => {
    await using demo = await startDemo();
    const body = JSON.stringify({ prompt: picture() }).replace('"seed":1', '"seed":18446744073709551615');
    const { json } = await ask(demo, '/prompt', { method: 'POST', body });
    const { prompt_id: id } = json as { prompt_id: string };
    await over(demo, id);
    expect((await ask(demo, `/history/${id}`)).text).toContain('"seed":18446744073709551615');
    expect((await ask(demo, '/object_info/KSampler')).text).toContain('"max":18446744073709551615');
  });

  test('refuses a taken port, and gives it back when stopped', async () => {
    const demo = await startDemo();
    await expect(startDemo({ port: demo.port })).rejects.toMatchObject({ reason: 'port_taken', code: 'usage' });
    await demo.stop();
    await using again = await startDemo({ port: demo.port });
    expect(again.port).toBe(demo.port);
  });

  test('notes what it was asked', async () => {
    await using demo = await startDemo();
    await post(demo, '/prompt', { prompt: plain });
    expect(demo.log).toMatchObject([{ method: 'POST', path: '/prompt' }]);
    expect(demo.log[0]?.body).toContain('EmptyImage');
  });

  test('takes uploads and loads them', async () => {
    await using demo = await startDemo();
    const id = await submit(demo, {
      ...plain,
      '2': { class_type: 'SaveImage', inputs: { filename_prefix: 'source', images: ['1', 0] } },
    });
    await over(demo, id);
    const source = await fetch(`${demo.url}/view?filename=source_00001_.png`);
    const form = new FormData();
    form.set('image', await source.blob(), 'cat.png');
    expect((await ask(demo, '/upload/image', { method: 'POST', body: form })).json).toMatchObject({
      name: 'cat.png',
      subfolder: '',
      type: 'input',
    });
    const loaded = await submit(demo, {
      '1': { class_type: 'LoadImage', inputs: { image: 'cat.png' } },
      '2': { class_type: 'PreviewImage', inputs: { images: ['1', 0] } },
    });
    expect((await over(demo, loaded)).outputs['2']?.images[0]).toMatchObject({ type: 'temp' });
  });
});
