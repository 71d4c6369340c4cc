// Every option takes a value or refuses it as `usage`, and what it writes it reads again; layers give the strongest value.
import fc from 'fast-check';
import { expect } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { resolve, type Layer } from '../../src/options/resolve.ts';
import { allOptions, everyOption } from '../../src/options/settings.ts';
import { anyJson, holds, nasty, orRefused, pieces } from '../helpers/property.ts';

const keys = Object.keys(allOptions);
const written = fc.oneof(
  nasty,
  fc.integer().map(String),
  pieces(
    '768',
    'x',
    '512',
    '×',
    ':',
    '0.8',
    '-',
    '.',
    'a.safetensors',
    'C:\\',
    '=',
    's',
    'ms',
    'GiB',
    'k',
    'random',
    '18446744073709551616',
    'http://',
    '@',
    '/',
    'name: ',
    ',',
  ),
);
const raw = fc.oneof(written, anyJson(), fc.array(written, { maxLength: 3 }));

holds('any value of any option is taken or refused in one sentence', [fc.constantFrom(...keys), raw], (key, value) => {
  try {
    allOptions[key]?.parse(value, `--${key}`);
  } catch (error) {
    if (!(error instanceof ComfyGenError)) throw error;
    expect(error.code).toBe('usage');
    expect(error.message.length).toBeLessThan(400);
  }
  return undefined;
});

holds('what an option writes it reads again', [fc.constantFrom(...keys), written], (key, value) => {
  const option = allOptions[key];
  const read = orRefused(() => option?.parse(value, key));
  if (read === undefined) return;
  expect(option?.parse(option.write(read), key)).toEqual(read);
  return undefined;
});

const whole = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const file = fc.stringMatching(/^[a-z ä]{1,9}(:[a-z]{1,4})?\.(safetensors|pt)$/);
const strength = fc.integer({ min: -100_00, max: 100_00 }).map((n) => n / 100);

holds(
  'sizes, durations, bytes',
  [fc.integer({ min: 16, max: 16_384 }), fc.integer({ min: 16, max: 16_384 }), whole(2_000_000)],
  (width, height, n) => {
    expect(everyOption.size.parse(`${width}x${height}`, '')).toEqual({ width, height });
    expect(everyOption.connectTimeout.parse(`${n}ms`, '')).toBe(n);
    expect(everyOption.connectTimeout.parse(`${n}`, '')).toBe(n * 1000);
    expect(everyOption.maxDownload.parse(`${n}KiB`, '')).toBe(n * 1024);
    return undefined;
  },
);

holds(
  'seeds keep their digits',
  [fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  (seed) => everyOption.seed.parse(String(seed), '') === seed,
);

holds('LoRAs: file, strength, CLIP strength', [file, strength, strength], (name, model, clip) => {
  expect(everyOption.lora.parse(`${name}:${model}:${clip}`, '')).toEqual([{ file: name, strength: model, clip }]);
  expect(everyOption.lora.parse([name], '')).toEqual([{ file: name, strength: 1, clip: undefined }]);
  return undefined;
});

holds(
  'ControlNets: the model ends at the first colon',
  [fc.stringMatching(/^[a-z]{1,9}\.pt$/), file, fc.integer({ min: 0, max: 1000 })],
  (model, image, n) => {
    expect(everyOption.control.parse(`${model}:${image}:${n / 100}`, '')).toEqual([
      { model, image, strength: n / 100 },
    ]);
    return undefined;
  },
);

const layer = (source: Layer['source']): fc.Arbitrary<Layer> =>
  fc.record({
    source: fc.constant(source),
    label: fc.constant(source),
    trusted: fc.boolean(),
    values: fc.dictionary(
      fc.constantFrom('steps', 'cfg', 'width', 'json'),
      fc.constantFrom<unknown>('5', 7, '16', null, undefined, true),
    ),
  });

holds(
  'the strongest layer that says something wins',
  [fc.tuple(layer('flag'), layer('env'), layer('project'), layer('user'))],
  (layers) => {
    const settings = orRefused(() => resolve(everyOption, layers));
    if (settings === undefined) return;
    for (const key of ['steps', 'cfg', 'width'] as const) {
      const strongest = layers.find(({ values }) => (values[key] ?? undefined) !== undefined);
      expect(settings[key].layer).toBe(strongest);
      expect(settings[key].value).toEqual(
        strongest === undefined ? everyOption[key].fallback : Number(strongest.values[key]),
      );
    }
    return undefined;
  },
);
