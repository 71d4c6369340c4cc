// --sweep texts -> axes, and the cross product with the dear axis slowest.
import { describe, expect, test } from 'vitest';
import { coordinates, parseSweeps, points } from '../../src/batch/sweep.ts';
import { ComfyGenError } from '../../src/errors.ts';
import { defaultModels } from '../../src/demo/nodes/object-info.ts';
import { startDemo } from '../../src/demo/demo.ts';
import { Connection } from '../../src/connection/connection.ts';

const values = (text: string): readonly string[] | undefined => parseSweeps([text], [])[0]?.values;

test.each([
  ['cfg=5,7,9', ['5', '7', '9']],
  ['steps=10..50:10', ['10', '20', '30', '40', '50']],
  ['steps=10..12', ['10', '11', '12']],
  ['steps=50..10:20', ['50', '30', '10']],
  ['cfg=5..6:0.25', ['5', '5.25', '5.5', '5.75', '6']],
  ['cfg=0.1..0.3:0.1', ['0.1', '0.2', '0.3']],
  ['steps=1,5..7,30', ['1', '5', '6', '7', '30']],
  ['seed=18446744073709551614..18446744073709551615', ['18446744073709551614', '18446744073709551615']],
  ['--batch-size=1,2', ['1', '2']],
  ['cfg=7,7', ['7']],
  ['prompt=a cat\\, sitting,a dog', ['a cat, sitting', 'a dog']],
  ['prompt=what is this?,a * star', ['what is this?', 'a * star']],
])('%s', (text, expected) => expect(values(text)).toEqual(expected));

test.each([
  ['cgf=5', 'did you mean cfg'],
  ['cfg=5,,7', 'empty value'],
  ['cfg=5,x', 'not a'],
  ['cfg=101', '100'],
  ['steps=1..9:0', 'step is 0'],
  ['seed=0..18446744073709551615', 'more than'],
  ['count=1,2', 'nothing that can be swept'],
  ['host=a,b', 'nothing that can be swept'],
  ['checkpoint=*xl*', 'needs a server'],
])('%s is refused', (text, message) => {
  const thrown = ((): unknown => {
    try {
      return values(text);
    } catch (error) {
      return error;
    }
  })();
  if (!(thrown instanceof ComfyGenError)) throw new Error(`not refused: ${String(thrown)}`);
  expect(`${thrown.message} ${thrown.hint ?? ''}`).toContain(message);
});

test('an option swept twice is refused', () => {
  expect(() => parseSweeps(['cfg=5', '--cfg=6'], [])).toThrow('cfg is swept twice');
});

describe('points', () => {
  test('the first axis goes slowest, the axis that is dear to change before all', () => {
    const axes = parseSweeps(['cfg=5,7', 'checkpoint=a.ckpt,b.ckpt', '5.width=64,128'].slice(0, 2), []);
    expect([...points(axes)]).toEqual([
      { checkpoint: 'a.ckpt', cfg: '5' },
      { checkpoint: 'a.ckpt', cfg: '7' },
      { checkpoint: 'b.ckpt', cfg: '5' },
      { checkpoint: 'b.ckpt', cfg: '7' },
    ]);
  });
  test('no axes are one point without coordinates', () => {
    expect([...points([])]).toEqual([{}]);
    expect(coordinates({})).toBeNull();
  });
  test('coordinates are numbers where the option is one, a seed stays text', () => {
    expect(coordinates({ cfg: '5.50', seed: '18446744073709551615', sampler: 'euler', 'set.5.width': '64' })).toEqual({
      cfg: 5.5,
      seed: '18446744073709551615',
      sampler: 'euler',
      'set.5.width': '64',
    });
  });
});

test('a pattern is every name of the server that fits, and a name that none has is told', async () => {
  await using server = await startDemo({
    models: { ...defaultModels, checkpoints: ['one-xl.ckpt', 'sub/XL two.ckpt', 'three.ckpt'] },
  });
  await using connection = new Connection({ host: server.url });
  const info = await connection.objectInfo();
  expect(parseSweeps(['checkpoint=*xl*'], [info])[0]?.values).toEqual(['one-xl.ckpt', 'sub/XL two.ckpt']);
  expect(parseSweeps(['sampler=dpmpp_2m*,euler'], [info])[0]?.values).toContain('dpmpp_2m_sde');
  expect(() => parseSweeps(['checkpoint=*flux*'], [info])).toThrow('no server has a name like that');
});
