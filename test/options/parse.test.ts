// Every kind of option: what it takes, what it refuses, how the refusal reads.
import { describe, expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import type { AnyOption } from '../../src/options/option.ts';
import { everyOption } from '../../src/options/settings.ts';

type Key = keyof typeof everyOption;
const parse = (key: Key, raw: unknown): unknown => everyOption[key].parse(raw, `--${key}`);

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ComfyGenError && error.reason === 'bad_option') return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

const taken: readonly (readonly [Key, unknown, unknown])[] = [
  ['steps', '25', 25],
  ['steps', 25, 25],
  ['steps', '1', 1],
  ['steps', '10000', 10_000],
  ['cfg', '7.5', 7.5],
  ['cfg', '.5', 0.5],
  ['cfg', '-0', 0],
  ['denoise', '1', 1],
  ['seed', '18446744073709551615', 18446744073709551615n],
  ['seed', 7, 7n],
  ['seed', 2n ** 60n, 2n ** 60n],
  ['seed', 'random', 'random'],
  ['size', '768x512', { width: 768, height: 512 }],
  ['size', '768X512', { width: 768, height: 512 }],
  ['timeout', '90s', 90_000],
  ['timeout', '10m', 600_000],
  ['timeout', '1h', 3_600_000],
  ['timeout', '500ms', 500],
  ['timeout', '1.5', 1500],
  ['timeout', 90, 90_000],
  ['timeout', '0', undefined],
  ['connectTimeout', '0', 0],
  ['maxDownload', '16GiB', 16 * 1024 ** 3],
  ['maxDownload', '500MB', 500e6],
  ['maxDownload', '500', 500],
  ['maxDownload', '1.5k', 1536],
  ['format', 'webp', 'webp'],
  ['json', 'yes', true],
  ['json', '0', false],
  ['json', false, false],
  ['negative', '', ''],
  ['prompt', ['', 'a cat'], ['', 'a cat']],
  ['checkpoint', 'models/é.ckpt', 'models/é.ckpt'],
  ['lora', 'a.safetensors', [{ file: 'a.safetensors', strength: 1, clip: undefined }]],
  ['lora', 'a.safetensors:0.8', [{ file: 'a.safetensors', strength: 0.8, clip: undefined }]],
  ['lora', 'a.safetensors:0.8:-1', [{ file: 'a.safetensors', strength: 0.8, clip: -1 }]],
  ['lora', 'C:\\loras\\a.safetensors:2', [{ file: 'C:\\loras\\a.safetensors', strength: 2, clip: undefined }]],
  [
    'lora',
    ['a', 'b:0'],
    [
      { file: 'a', strength: 1, clip: undefined },
      { file: 'b', strength: 0, clip: undefined },
    ],
  ],
  ['control', 'canny:edges.png', [{ model: 'canny', image: 'edges.png', strength: 1 }]],
  ['control', 'canny@a.jpg', [{ kind: 'canny', image: 'a.jpg', strength: 1 }]],
  ['control', 'pose@C:\\a.jpg:0.5', [{ kind: 'pose', image: 'C:\\a.jpg', strength: 0.5 }]],
  ['control', 'lines@a:b.jpg:1:0.1:0.7', [{ kind: 'lines', image: 'a:b.jpg', strength: 1, start: 0.1, end: 0.7 }]],
  ['control', 'net.pth:a.png:1:0:0.7', [{ model: 'net.pth', image: 'a.png', strength: 1, start: 0, end: 0.7 }]],
  ['control', 'me@net.pth:2:0.5', [{ model: 'me@net.pth', image: '2', strength: 0.5 }]],
  ['control', 'canny:C:\\edges.png:0.5', [{ model: 'canny', image: 'C:\\edges.png', strength: 0.5 }]],
  ['header', 'X-Key:  a: b ', [{ name: 'X-Key', value: 'a: b' }]],
  ['host', 'box:8000', ['box:8000']],
  ['host', ['https://box/comfy', '[::1]:8188'], ['https://box/comfy', '[::1]:8188']],
  ['set', '6.text=', ['6.text=']],
  ['set', 'Load Image.image=a=b', ['Load Image.image=a=b']],
  ['sweep', 'cfg=5,7', ['cfg=5,7']],
];

const refused: readonly (readonly [Key, unknown, string])[] = [
  ['steps', '1e3', '--steps: "1e3" is not a whole number from 1 to 10000'],
  ['steps', '0x10', '--steps: "0x10" is not a whole number from 1 to 10000'],
  ['steps', '', '--steps: an empty value is not a whole number from 1 to 10000'],
  ['steps', '25.0', '--steps: "25.0" is not'],
  ['steps', '+5', '--steps: "+5" is not'],
  ['steps', ' 5', '--steps: " 5" is not'],
  ['steps', '0', 'from 1 to 10000'],
  ['steps', '10001', 'from 1 to 10000'],
  ['steps', true, '--steps: true is not'],
  ['steps', Number.NaN, '--steps: NaN is not'],
  ['steps', [5], '--steps: a list is not'],
  ['cfg', '100.1', '--cfg: "100.1" is not a number from 0 to 100'],
  ['cfg', '5.', '--cfg: "5." is not'],
  ['cfg', 'Infinity', 'is not a number'],
  ['width', '15', 'from 16 to 16384'],
  ['seed', '18446744073709551616', 'a whole number from 0 to 18446744073709551615, or random'],
  ['seed', '-1', 'is not a whole number'],
  ['seed', 2 ** 60, 'is not a whole number'],
  ['seed', '', 'an empty value'],
  ['size', '768', 'a size like 768x512'],
  ['size', '8x512', 'from 16 to 16384'],
  ['timeout', '-1', 'a duration like'],
  ['timeout', '10 m', 'a duration like'],
  ['timeout', '1e3', 'a duration like'],
  ['timeout', '', 'a duration like'],
  ['timeout', '25d', 'at most 24d'],
  ['maxDownload', '16XB', 'a size like'],
  ['maxDownload', '', 'a size like'],
  ['maxDownload', '1e3', 'a size like'],
  ['format', 'gif', '--format: "gif" is not one of png, webp, jpg, avif'],
  ['json', 'maybe', 'true or false'],
  ['checkpoint', '', '--checkpoint: the value is empty'],
  ['checkpoint', 5, 'text'],
  ['checkpoint', 'a\0b', 'NUL'],
  ['lora', 'a:1e3', 'from -100 to 100'],
  ['lora', 'a:', 'from -100 to 100'],
  ['lora', 'a:101', 'from -100 to 100'],
  ['lora', ':1', 'a LoRA like'],
  ['control', 'canny', 'a ControlNet like'],
  ['control', ':a.png', 'a ControlNet like'],
  ['control', 'canny:a.png:11', 'from 0 to 10'],
  ['control', 'depth@', 'canny@photo.jpg'],
  ['control', 'cany@a.jpg:0.5', 'canny, depth, pose, lines'],
  ['control', 'canny@a.jpg:0.5:0.1', 'strength, start and end'],
  ['control', 'canny@a.jpg:0.5:0.5:0.5', 'a start below the end'],
  ['control', 'canny@a.jpg:0.5:-0.1:0.5', 'from 0 to 1'],
  ['control', 'canny@a.jpg:0.5:0:1.1', 'from 0 to 1'],
  ['host', 'ftp://box', 'an address'],
  ['host', 'a b', 'an address'],
  ['set', 'text=5', 'node.input=value'],
  ['port', '0', 'from 1 to 65535'],
];

describe('options', () => {
  test.each(taken)('%s takes %o', (key, raw, value) => expect(parse(key, raw)).toEqual(value));
  test.each(refused)('%s refuses %o', (key, raw, message) => expect(refusal(() => parse(key, raw))).toContain(message));

  test('a header that is refused is not repeated: it may be a secret', () => {
    expect(refusal(() => parse('header', 'hunter2'))).toBe('--header: not a header like "name: value"');
    expect(refusal(() => parse('header', 'X: a\r\nY: hunter2'))).not.toContain('hunter2');
  });
  test('an address that is refused is shown without its user info', () => {
    expect(refusal(() => parse('host', 'ftp://me:hunter2@box'))).not.toContain('hunter2');
  });
  test('long values are cut in messages', () => {
    expect(refusal(() => parse('steps', 'x'.repeat(10_000))).length).toBeLessThan(200);
  });
  test('a written default parses to the default', () => {
    for (const [key, option] of Object.entries(everyOption)) {
      if (option.fallback === undefined || (Array.isArray(option.fallback) && option.fallback.length === 0)) continue;
      const written = (option as AnyOption).write(option.fallback); // each writes its own
      expect(option.parse(written, key), key).toEqual(option.fallback);
    }
  });
});
