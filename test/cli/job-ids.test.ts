// attach and cancel take unique beginnings of ids, and `last`.
import { expect } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { idNamed } from '../../src/journal/find.ts';
import { jsonLines, Workplace } from '../helpers/cli.ts';
import { test } from '../helpers/concurrent.ts';
import { refused } from './refused.ts';

const small = ['--size', '64x64', '-s', '2', '--json'];

test('attach last, and attach by the beginning of an id, from the journal and from the server', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  await using other = await Workplace.create();
  const at = ['--host', demo.url];
  const [first] = jsonLines((await place.run(['a fox', ...small, ...at])).out);
  const [second] = jsonLines((await place.run(['an owl', ...small, ...at])).out);
  const attached = async (where: Workplace, word: string): Promise<unknown> => {
    const { code, out, err } = await where.run(['attach', word, '--json', ...at]);
    expect(code, err).toBe(0);
    return jsonLines(out)[0]?.['prompt_id'];
  };
  expect(await attached(place, 'last')).toBe(second?.['prompt_id']);
  const id = String(first?.['prompt_id']);
  expect(await attached(place, id.slice(0, 8))).toBe(id);
  const none = await other.run(['attach', 'last', ...at]);
  refused(none, 2);
  expect(none.err).toContain('no job was sent from here yet');
  expect(await attached(other, id.slice(0, 8))).toBe(id);
  expect((await other.run(['attach', id.slice(0, 3), ...at])).err).toContain('no server knows');
});

test('cancel last takes off the newest job alone', async () => {
  await using demo = await startDemo({ stepMs: 100 });
  await using place = await Workplace.create();
  const at = ['--host', demo.url];
  const leave = ['--no-wait', '--size', '64x64', '-s', '1000', 'a lighthouse', ...at];
  const first = (await place.run(leave)).out.trim();
  const second = (await place.run(leave)).out.trim();
  expect((await place.run(['cancel', 'last', ...at])).out).toBe(`${second}\n`);
  expect((await place.run(['cancel', first.slice(0, 10), ...at])).out).toBe(`${first}\n`);
});

test('a beginning that several ids share is refused with all of them', () => {
  const ids = ['abcd-1', 'abcd-2', 'efgh-1'];
  expect(idNamed('efgh', ids)).toBe('efgh-1');
  expect(idNamed('abcd-1', ids)).toBe('abcd-1');
  expect(idNamed('efg', ids)).toBeUndefined();
  expect(() => idNamed('abcd', ids)).toThrow('several jobs begin with abcd');
});
