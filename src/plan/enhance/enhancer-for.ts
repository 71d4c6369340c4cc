// Can a job's prompt be written out as its options ask for?
import { ComfyGenError } from '../../errors.ts';
import { isAskedFor, type JobSettings } from '../settings.ts';
import type { Note } from '../spec.ts';
import type { Enhancer } from './enhancer.ts';

/** The one in force; undefined where none is wanted, or, with a warning, where a config file wants one that nobody named. */
export function enhancerFor(s: JobSettings, enhancer: Enhancer | undefined, note: Note): Enhancer | undefined {
  if (s.enhance.value !== true) return undefined;
  if (enhancer !== undefined) return enhancer;
  if (isAskedFor(s.enhance))
    throw new ComfyGenError('unusable_option', 'needs the address of a language model', {
      option: 'enhance',
      hint: 'add <option enhanceUrl> http://127.0.0.1:11434/v1, or any other OpenAI-compatible address',
    });
  note('the prompt is sent as it is: <option enhance> needs <option enhanceUrl>', 'warning');
  return undefined;
}
