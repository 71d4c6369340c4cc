// Nothing listens at the address: the hint offers what can be done, and a ComfyUI that answers on this machine.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { findLocalServer } from '../../src/doctor/reach.ts';
import { Workplace } from '../helpers/cli.ts';

test.each([['a cat'], ['list', 'checkpoints'], ['queue']])('%s %s', async (...args) => {
  await using place = await Workplace.create();
  const { code, out, err } = await place.run([...args.filter((word) => word !== ''), '--host', '127.0.0.1:9']);
  expect({ code, out }).toEqual({ code: 3, out: '' });
  expect(err).toMatch(
    /^error: http:\/\/127\.0\.0\.1:9 refused the connection\nhint: (start ComfyUI, or name its address with --host|a ComfyUI answers at (http:\S+): add --host \2); `comfy-gen doctor` checks the connection; --demo works without a server\n$/,
  );
});

test('a server elsewhere: this machine is not searched', async () => {
  await using place = await Workplace.create();
  const { code, err } = await place.run(['a cat', '--host', 'nohost.invalid']);
  expect(code).toBe(3);
  expect(err).toContain('hint: check the name in --host');
});

test('of several ports the one where a ComfyUI answers is found, whatever the others do', async () => {
  await using demo = await startDemo();
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo; // it listens on TCP
  try {
    expect(await findLocalServer(undefined, [9, port, Number(new URL(demo.url).port)])).toBe(demo.url);
    expect(await findLocalServer(undefined, [9])).toBeUndefined();
  } finally {
    silent.close();
  }
});
