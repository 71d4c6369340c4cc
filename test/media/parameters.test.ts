// A1111's parameters text.
import { describe, expect, test } from 'vitest';
import { parseParameters } from '../../src/media/parameters.ts';

describe('parseParameters', () => {
  test('a usual text', () => {
    const text = [
      'a (red:1.2) fox, <lora:snow_v2:0.8>',
      'in snow: deep',
      'Negative prompt: blurry,',
      'text: any',
      'Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 18446744073709551615, Size: 512x768, Model hash: abc, Model: dreamshaper_8, VAE: "vae, the one.pt", Denoising strength: 0.4, Clip skip: 2, Hires upscale: 1.5, Lora hashes: "snow_v2: 12, b: 3", Version: v1.10.1',
    ].join('\r\n');
    expect(parseParameters(text)).toMatchObject({
      prompt: 'a (red:1.2) fox, \nin snow: deep',
      negative: 'blurry,\ntext: any',
      ...{ steps: 28, cfg: 6.5, seed: 18446744073709551615n, width: 512, height: 768 },
      ...{ sampler: 'dpmpp_2m', scheduler: 'karras', model: 'dreamshaper_8', vae: 'vae, the one.pt' },
      ...{ denoise: 0.4, clipSkip: 2, hires: 1.5, guidance: undefined, loras: [{ name: 'snow_v2', strength: 0.8 }] },
    });
    expect(parseParameters(text)?.fields.get('lora hashes')).toBe('snow_v2: 12, b: 3');
  });

  test('the schedule at the end of an older sampler name; none is normal', () => {
    const sampling = (line: string): unknown => parseParameters(`x\n${line}`);
    expect(sampling('Steps: 20, Sampler: DPM++ 2M SDE Karras, Seed: 1')).toMatchObject({
      sampler: 'dpmpp_2m_sde',
      scheduler: 'karras',
    });
    expect(sampling('Steps: 20, Sampler: Euler a, Schedule type: Automatic, Seed: 1')).toMatchObject({
      sampler: 'euler_ancestral',
      scheduler: 'normal',
    });
    expect(sampling('Steps: 20, Sampler: My own, Seed: 1')).toMatchObject({ sampler: undefined, scheduler: undefined });
  });

  test('no prompt, no negative, no last line', () => {
    expect(parseParameters('Steps: 20, Seed: 5')).toMatchObject({ prompt: '', negative: undefined, seed: 5n });
    expect(parseParameters('Negative prompt: bad\nSteps: 20, Seed: 5')).toMatchObject({ prompt: '', negative: 'bad' });
    expect(parseParameters('fox\nNegative prompt: bad')).toMatchObject({
      prompt: 'fox',
      negative: 'bad',
      steps: undefined,
    });
    expect(parseParameters('just some words')).toBeUndefined();
    expect(parseParameters('')).toBeUndefined();
  });

  test('a long hostile text ends long before the time-out', () => {
    const found = parseParameters(`${'<lora:'.repeat(100_000)}\nSteps: 1, ${'A: "'.repeat(100_000)}`);
    parseParameters(`${'\nNegative prompt'.repeat(50_000)}\nSteps: 1, Seed: 2`);
    expect(found?.loras).toEqual([]);
  });
});
