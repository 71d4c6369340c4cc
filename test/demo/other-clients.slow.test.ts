// Other people's ComfyUI clients from npm, unchanged, against a server in a process of its own: every job ends, however fast it is.
// What the command line of @saintno/comfyui-sdk needs beside the library is left out by `overrides` in package.json.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CallWrapper, ComfyApi, PromptBuilder } from '@saintno/comfyui-sdk';
import { Client } from '@stable-canvas/comfyui-client';
import { ComfyUIClient } from 'comfy-ui-client';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { picture } from './bench.ts';

const bin = fileURLToPath(new URL('../../bin/comfy-gen.js', import.meta.url));

describe.each(['0', '3'])('with steps of %s ms', (stepMs) => {
  let host = '';
  let stop = (): void => undefined;
  beforeAll(async () => {
    const server = spawn(process.execPath, [bin, 'serve', '--port', '0', '--step-ms', stepMs, '-q']);
    stop = () => void server.kill();
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    host = new URL(line.toString().trim()).host;
  });
  afterAll(() => stop());

  // the same graph twice: the second time all of it is cached, and nothing is faster than that
  const seeds = [1, 1, 2, 2];

  test('@stable-canvas/comfyui-client', async () => {
    const client = new Client({ api_host: host, WebSocket: WebSocket, fetch });
    await client.connect();
    for (const seed of seeds) {
      const { images } = await client.enqueue(picture({ seed }));
      expect(images).toMatchObject([{ type: 'url' }]);
    }
    client.close();
  });

  test('@saintno/comfyui-sdk', async () => {
    const api = new ComfyApi(`http://${host}`, 'a-client').init();
    await api.waitForReady();
    for (const seed of seeds) {
      const prompt = new PromptBuilder(picture({ seed: seed + 10 }) as never, [], ['images']).setOutputNode(
        'images',
        '9' as never,
      );
      const done = await new Promise<unknown>((resolve, reject) => {
        void new CallWrapper(api, prompt as never).onFinished(resolve).onFailed(reject).run();
      });
      expect(done).toMatchObject({ images: { images: [{ type: 'output' }] } });
    }
    api.destroy();
  });

  test('comfy-ui-client', async () => {
    const client = new ComfyUIClient(host, 'another-client');
    await client.connect();
    for (const seed of seeds) {
      const images = await client.getImages(picture({ seed: seed + 20 }));
      expect(Object.values(images).flat()).toHaveLength(1);
    }
    await client.disconnect();
  });
});
