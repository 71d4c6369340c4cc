// Sampler names of other programs.
import { expect, test } from 'vitest';
import { a1111Sampling, a1111Schedule } from '../../src/text/a1111.ts';

test.each([
  ['DPM++ 2M Karras', undefined, 'dpmpp_2m', 'karras'],
  ['DPM++ 2M', 'Karras', 'dpmpp_2m', 'karras'],
  ['dpm++  2m sde', 'SGM Uniform', 'dpmpp_2m_sde', 'sgm_uniform'],
  ['DPM++ SDE Karras', 'Automatic', 'dpmpp_sde', 'karras'],
  ['Euler a', undefined, 'euler_ancestral', undefined],
  ['Euler', 'Automatic', 'euler', undefined],
  ['UniPC', 'Unheard of', 'uni_pc', undefined],
])('%s with %s', (name, schedule, sampler, scheduler) => {
  expect(a1111Sampling(name, schedule)).toEqual({ sampler, scheduler });
});

test('other names are none of theirs', () => {
  expect([a1111Sampling('dpmpp_2m'), a1111Sampling('Karras'), a1111Schedule('x')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
