// Sweeps: any text is an axis or a usage error, and the points are the cross product.
import fc from 'fast-check';
import { expect } from 'vitest';
import { parseSweeps, points } from '../../src/batch/sweep.ts';
import { holds, nasty, orRefused, pieces } from '../helpers/property.ts';

const text = pieces(
  'cfg',
  'steps',
  'seed',
  'checkpoint',
  'set.3.cfg',
  '=',
  ',',
  '\\,',
  '..',
  ':',
  '5',
  '10',
  '0.1',
  '-',
  '*',
  '?',
  'xl',
  '999999999999',
);

holds('any text is axes or refused', [fc.array(fc.oneof(text, nasty), { maxLength: 3 })], (texts) => {
  const axes = orRefused(() => parseSweeps(texts, []));
  if (axes === undefined) return;
  const total = axes.reduce((product, { values }) => product * values.length, 1);
  if (total <= 2000) expect([...points(axes)]).toHaveLength(total);
  return undefined;
});
