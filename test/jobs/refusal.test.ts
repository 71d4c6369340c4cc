// Refusals without a word: what is told when a server gives no reason.
import { expect, test } from 'vitest';
import { ComfyUIClient } from '../../src/client.ts';
import { comfy } from '../connection/servers.ts';

test.each(['', ' \r\n'])('a 400 whose body is %j names its status', async (body) => {
  await using named = await comfy((request, response) => {
    if (request.url === '/api/object_info')
      response.end('{"A":{"input":{},"input_order":{},"output":[],"output_node":true}}');
    else if (request.url === '/api/prompt') response.writeHead(400).end(body);
    else return undefined;
    return true;
  });
  await using client = new ComfyUIClient({ host: named.url });
  await expect(client.submit({ '1': { class_type: 'A', inputs: {} } })).rejects.toMatchObject({
    code: 'validation',
    message: expect.stringContaining('400') as string,
  });
});
