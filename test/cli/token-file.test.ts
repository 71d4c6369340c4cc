// --token-file: sent to servers that the user named and to no other, masked, refused where it cannot be meant.
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { refused } from './refused.ts';

const secret = 'tok-Pl4nted-8841';

test('the file is trimmed and sent as the bearer token; what is shown has it masked', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({
    token: `\n ${secret}\r\n`,
    other: 'other-token-1',
    two: 'a\nb',
    none: ' \n',
  });
  const host = ['--host', demo.url];
  const sent = (): string[] => [...new Set(demo.log.map(({ headers }) => String(headers.authorization)))];
  const good = await place.run(['list', 'samplers', ...host, '--token-file', 'token', '-v']);
  expect(good.code, good.err).toBe(0);
  expect(sent()).toEqual([`Bearer ${secret}`]);
  expect(good.out + good.err).not.toContain(secret);
  const shown = await place.run(['list', secret, ...host, '--token-file', 'token']);
  expect(shown.err).toContain('***');
  expect(shown.err).not.toContain(secret);
  // a flag stands above the environment, whichever of the two it is
  const before = demo.log.length;
  await place.run(['list', 'samplers', ...host, '--token-env', 'MINE'], {
    env: { MINE: secret, COMFY_GEN_TOKEN_FILE: 'other' },
  });
  expect(demo.log.length).toBeGreaterThan(before);
  expect(sent()).toEqual([`Bearer ${secret}`]);
  for (const [file, message] of [
    ['absent', /absent/],
    ['none', /holds no token/],
    ['two', /line break/],
  ] as const) {
    const bad = await place.run(['list', 'samplers', ...host, '--token-file', file]);
    refused(bad, 2);
    expect(bad.err).toMatch(message);
  }
  refused(await place.run(['list', 'samplers', ...host, '--token-file', 'token', '--token-env', 'HOME']), 2);
});

test("a project's file can neither name it, nor the server that it goes to", async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create({ token: secret, '.comfyrc': JSON.stringify({ host: demo.url }) });
  const { code, err } = await place.run(['list', 'samplers', '--token-file', 'token']);
  expect(code).toBe(0);
  expect(err).toContain('the token is not sent');
  expect(demo.log.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  await using other = await Workplace.create({ token: secret, '.comfyrc': '{"tokenFile": "token"}' });
  refused(await other.run(['list', 'samplers', '--host', demo.url]), 2);
});
