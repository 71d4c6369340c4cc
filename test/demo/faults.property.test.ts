// Faults: any text is one or is refused with the names that are known.
import fc from 'fast-check';
import { expect } from 'vitest';
import { parseFault } from '../../src/demo/demo.ts';
import { holds, nasty, orRefused, pieces } from '../helpers/property.ts';

const text = pieces(
  'ws-drop',
  'view-size',
  'prompt-status',
  'filename',
  'any-delay',
  '=',
  '@',
  ',',
  'step',
  'times',
  'retry-after',
  'html',
  '3',
  '500',
  '__proto__',
  'constructor',
  '-',
);

holds('any text is a fault or is refused', [fc.oneof(text, nasty)], (written) => {
  const fault = orRefused(() => parseFault(written));
  if (fault !== undefined) expect(written).toContain(fault.name);
  return undefined;
});
