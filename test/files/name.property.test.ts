// Names: whatever a server, a prompt or a template says, the path stays in the folder, is harmless and not too long.
import { basename, isAbsolute, join, relative, resolve, win32 } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extension, fillTemplate, defaultTemplate, parseTemplate, safeSegment, stem } from '../../src/files/name.ts';
import { holds, nasty, orRefused, pieces } from '../helpers/property.ts';

const long = fc.tuple(nasty, fc.integer({ min: 1, max: 400 })).map(([text, n]) => text.repeat(n).slice(0, 2000));
const given = fc.oneof(
  nasty,
  long,
  pieces(
    '..',
    '/',
    '\\',
    'a',
    '.',
    ' ',
    'C:',
    'nul',
    'CON.txt',
    '.png',
    '\u202e',
    '\r\n',
    '~',
    '-',
    '%2e%2e%2f',
    '\ud800',
    '😀',
  ),
);

function isHarmless(name: string): boolean {
  const control = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
  const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
  return (
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    !name.startsWith('.') &&
    !/[<>:"/\\|?*]/.test(name) &&
    !/[. ]$/.test(name) &&
    !control.test(name) &&
    !reserved.test(name) &&
    Buffer.from(name).toString('utf8') === name &&
    Buffer.byteLength(name) <= 240
  );
}

holds('a segment is harmless, on every system', [given], (text) => {
  const name = safeSegment(text, 'none');
  expect({ name, harmless: isHarmless(name) }).toEqual({ name, harmless: true });
  expect(basename(name)).toBe(name);
  expect(win32.basename(name)).toBe(name);
  return undefined;
});

holds('made harmless twice is made harmless once', [given], (text) => {
  const once = safeSegment(text, 'none');
  expect(safeSegment(once, 'none')).toBe(once);
  return undefined;
});

holds(
  'ordinary names stay as they are',
  [fc.stringMatching(/^[A-Za-z0-9é猫][A-Za-z0-9é猫 _()+-]{0,20}[A-Za-z0-9_]$/)],
  (text) => /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(text) || safeSegment(text, 'x') === text,
);

const field = fc.constantFrom(
  '{date}',
  '{time}',
  '{name}',
  '{seed}',
  '{prompt}',
  '{prompt:40}',
  '{prompt:0}',
  '{index:04}',
  '{index:999999999999}',
  '{row}',
  '{prompt_id}',
  '{node}',
  '{checkpoint}',
  '{width:9}',
  '/',
  '../',
  '-',
  'é',
  '{',
  '}',
  '{x}',
  '{name:}',
  '{seed:1:2}',
);
const template = fc
  .array(fc.oneof({ weight: 5, arbitrary: field }, { weight: 1, arbitrary: given }), { maxLength: 8 })
  .map((all) => all.join(''));

holds(
  'a template filled with anything stays in the folder',
  [template, given, given, given],
  (text, name, prompt, checkpoint) => {
    const parsed = orRefused(() => parseTemplate(text));
    if (parsed === undefined) return;
    const values = {
      at: new Date(0),
      name: stem(name),
      seed: '5',
      prompt,
      index: 3,
      row: 1,
      prompt_id: 'id',
      node: name,
      checkpoint,
      width: 64,
      height: null,
      steps: 20,
      cfg: 4.5,
      sampler: prompt,
      scheduler: name,
      lora: name,
      sweep: prompt,
    };
    const path = fillTemplate(parsed, values);
    const folder = resolve('out');
    const inside = relative(folder, resolve(join(folder, `${path}${extension(name)}`)));
    expect(isAbsolute(inside) || inside.startsWith('..') || inside === '').toBe(false);
    for (const segment of path.split('/'))
      expect({ segment, harmless: isHarmless(segment) }).toEqual({ segment, harmless: true });
    return undefined;
  },
);

holds('an extension is short, plain and lower case', [given], (name) => /^(\.[a-z0-9]{1,32})?$/.test(extension(name)));

test.each([
  ['x.safetensors', '.safetensors', 'x'],
  ['scene.usd.LATENT', '.latent', 'scene.usd'],
  ['take 1.5 final', '', 'take 1.5 final'],
  ['a.comfy_latent', '', 'a.comfy_latent'],
  ['.png', '.png', '.png'],
])('nothing of %s is lost: its ending and the rest', (name, ending, rest) => {
  expect(extension(name)).toBe(ending);
  expect(stem(name)).toBe(rest);
});

test.each([
  ['ComfyUI_00001_', 'ComfyUI_00001_cfg4'], // ComfyUI's own names end with an underscore
  ['clip_00001', 'clip_00001_cfg4'],
])('the default name of a swept job: %s and its values, one underscore between them', (name, expected) => {
  const values = { at: new Date(0), name, sweep: 'cfg4' } as unknown as Parameters<typeof fillTemplate>[1];
  expect(fillTemplate(parseTemplate(defaultTemplate), values).slice('YYYYMMDD_HHMMSS_'.length)).toBe(expected);
});
