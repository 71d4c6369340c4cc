// A node that is busy stops at its next step only: leaving waits five seconds for it and promises nothing.
import { expect, test } from 'vitest';
import { startDemo } from '../../../src/demo/demo.ts';
import { Workplace } from '../../helpers/cli.ts';

test('a job whose end the server does not confirm is not said to be off', async () => {
  await using server = await startDemo({ faults: ['worker-dead'] });
  await using place = await Workplace.create();
  const { said, signal, done } = place.launch(['--host', server.url, '--size', '64x64', 'a cat']);
  await said(/^running$/m);
  signal('SIGINT');
  const { code, err } = await done;
  expect([code, err.includes('error: cancelled by Ctrl-C'), err.includes('taken off')], err).toEqual([
    130,
    true,
    false,
  ]);
});
