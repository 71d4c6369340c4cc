// Precedence, origins, names.
import { expect, test } from 'vitest';
import {
  checkKeys,
  givenOf,
  resolve,
  resolveOver,
  valuesOf,
  type Layer,
  type Source,
} from '../../src/options/resolve.ts';
import { resolveSize } from '../../src/options/size.ts';
import { allOptions } from '../../src/options/settings.ts';
import { generation } from '../../src/options/tables/generation.ts';
import { output } from '../../src/options/tables/output.ts';
import { serve } from '../../src/options/tables/serve.ts';
import { connection } from '../../src/options/tables/server.ts';

const layer = (source: Source, values: Record<string, unknown>, label: string = source): Layer => ({
  source,
  label,
  trusted: source !== 'project',
  values,
});

test('the strongest layer wins, key by key, and is remembered', () => {
  const layers = [
    layer('row', { cfg: '5' }),
    layer('flag', { steps: '9', cfg: '6' }),
    layer('env', { steps: '8' }),
    layer('user', { sampler: 'lms' }),
  ];
  const settings = resolve(generation, layers);
  expect([settings.cfg.value, settings.steps.value, settings.sampler.value, settings.seed.value]).toEqual([
    5,
    9,
    'lms',
    'random',
  ]);
  expect([settings.cfg.layer, settings.steps.layer, settings.seed.layer].map((l) => l?.source)).toEqual([
    'row',
    'flag',
    undefined,
  ]);
  expect(givenOf(settings)).toEqual({ cfg: 5, steps: 9, sampler: 'lms' });
  expect(valuesOf(settings).batchSize).toBe(1);
});

test('a layer over settings is read as it is among all layers', () => {
  const below = [layer('flag', { steps: '9', cfg: '6' }), layer('user', { sampler: 'lms', count: '3' })];
  for (const values of [
    {},
    { cfg: '5', sampler: null, turbo: false, nope: 1 },
    { prompt: ['a'], lora: ['film.safetensors:0.5'] },
  ]) {
    const over = layer('row', values);
    expect(resolveOver(generation, over, resolve(generation, below))).toEqual(resolve(generation, [over, ...below]));
  }
  const place = layer('user', { prompt: ['a'] }); // only the command line sets it
  expect(resolveOver(generation, place, resolve(generation, below)).prompt.layer).toBeUndefined();
});

test('null and undefined are unset; a list is replaced, not merged; false is a value', () => {
  const settings = resolve({ ...connection, ...output }, [
    layer('flag', { host: ['b'], retries: undefined, wait: false }),
    layer('user', { host: ['a', 'c'], retries: null, wait: true }),
  ]);
  expect(settings.host.value).toEqual(['b']);
  expect(settings.retries.value).toBe(5);
  expect(settings.wait.value).toBe(false);
});

test('an error names the place as its writer knows it', () => {
  const places: readonly (readonly [Layer, string])[] = [
    [layer('flag', { batchSize: 'x' }), '--batch-size:'],
    [layer('env', { batchSize: 'x' }), 'COMFY_GEN_BATCH_SIZE:'],
    [layer('project', { batchSize: 'x' }, '.comfyrc'), '.comfyrc: batchSize:'],
    [layer('row', { batchSize: 'x' }, 'rows.csv:3'), 'rows.csv:3: batchSize:'],
  ];
  for (const [one, place] of places) expect(() => resolve(generation, [one])).toThrow(place);
});

test('what only the command line sets is not read elsewhere', () => {
  expect(resolve(serve, [layer('env', { port: '1234' })]).port.value).toBe(8188);
  expect(resolve(serve, [layer('flag', { port: '0' })]).port.value).toBe(0);
});

test('size and width: the stronger layer wins, in one layer they must agree', () => {
  const sized = (layers: readonly Layer[]): readonly unknown[] => {
    const { width, height } = resolveSize(resolve(generation, layers), layers);
    return [width.value, height.value];
  };
  expect(sized([layer('flag', { size: '640x480' }), layer('user', { width: 1024, height: 1024 })])).toEqual([640, 480]);
  expect(sized([layer('flag', { width: '800' }), layer('user', { size: '640x480' })])).toEqual([800, 480]);
  expect(sized([layer('user', { height: 512 })])).toEqual([undefined, 512]);
  expect(sized([layer('flag', { size: '640x480', width: '640' })])).toEqual([640, 480]);
  expect(() => sized([layer('flag', { size: '640x480', width: '641' })])).toThrow('contradict');
});

test('a size in pixels or by ratio: the stronger layer says it, in one layer they contradict', () => {
  const sized = (layers: readonly Layer[]): readonly unknown[] => {
    const { width, aspect, mp, sizeFrom } = resolveSize(resolve(generation, layers), layers);
    return [width.value, aspect.value, mp.value, sizeFrom.value];
  };
  const wide = { width: 16, height: 9 };
  expect(sized([layer('flag', { aspect: '16:9' }), layer('user', { width: 1024, mp: 2 })])).toEqual([
    undefined,
    wide,
    2,
    undefined,
  ]);
  expect(sized([layer('row', { width: '512' }), layer('flag', { aspect: '16:9' })])).toEqual([
    512,
    undefined,
    undefined,
    undefined,
  ]);
  expect(sized([layer('flag', { sizeFrom: 'a.png' }), layer('env', { aspect: '16:9' })])[3]).toBe('a.png');
  const clashes = [{ width: '512' }, { height: '512' }, { size: '512x512' }, { sizeFrom: 'a.png' }];
  for (const other of clashes)
    expect(() => sized([layer('flag', { aspect: '16:9', ...other })])).toThrow(/aspect.*contradict/);
  expect(() => sized([layer('flag', { mp: '2', size: '512x512' })])).toThrow(/mp.*contradict/);
  expect(() => sized([layer('flag', { aspect: '21:1' })])).toThrow(/from 1:20 to 20:1/);
});

test('an unknown key is named with the nearest', () => {
  const near = (key: string): unknown => {
    try {
      checkKeys({ [key]: 1 }, Object.keys(allOptions), 'x.json');
    } catch (error) {
      return [String(error), (error as { hint?: string }).hint]; // ours: checked by its text
    }
    return undefined;
  };
  expect(near('steps')).toBeUndefined();
  expect(near('stpes')).toEqual(['ComfyGenError: x.json: unknown key "stpes"', 'did you mean "steps"?']);
  expect(near('batch-size')).toEqual([expect.anything(), 'did you mean "batchSize"?']);
  expect(near('noJournal')).toEqual([expect.anything(), 'did you mean "journal"?']);
  expect(near('__proto__')).toEqual([expect.stringContaining('unknown key "__proto__"'), expect.anything()]);
});
