// convert: UI format to API format, by the server's definitions or a file of them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { Workplace } from '../helpers/cli.ts';
import { uiWorkflow } from './ui-workflow.ts';

test('convert prints the API graph, with a file of definitions too', async () => {
  await using server = await startDemo();
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'ui.json'), JSON.stringify(uiWorkflow));
  const { code, out, err } = await place.run(['convert', 'ui.json', '--host', server.url]);
  expect(code, err).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    '1': { class_type: 'EmptyImage', inputs: { width: 64, height: 32 } },
    '2': { inputs: { images: ['1', 0] } },
  });
  await writeFile(join(place.folder, 'info.json'), await (await fetch(`${server.url}/object_info`)).text());
  expect((await place.run(['convert', 'ui.json', '--object-info', 'info.json'])).out).toBe(out);
  await writeFile(join(place.folder, 'api.json'), out);
  expect((await place.run(['convert', 'api.json', '--object-info', 'info.json'])).out).toBe(out);
});
