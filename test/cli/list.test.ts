// list: names that the server offers.
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';

test('list recipes: those that run on this server come first', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  const { code, out, err } = await place.run(['list', 'recipes', '--host', server.url, '--json']);
  expect(code, err).toBe(0);
  const rows = out.trim().split('\n').map((line) => (JSON.parse(line) as { runnable: boolean }).runnable); // prettier-ignore
  expect(new Set(rows).size).toBe(2);
  expect(rows.lastIndexOf(true)).toBeLessThan(rows.indexOf(false));
});
