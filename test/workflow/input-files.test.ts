// Which files of the server's folders, or of some machine, a graph names.
import { expect, test } from 'vitest';
import { parseObjectInfo } from '../../src/protocol/object-info.ts';
import { absentFile, inputFiles, viewQuery } from '../../src/workflow/input-files.ts';
import { problemsToError } from '../../src/workflow/problem.ts';
import type { Workflow } from '../../src/workflow/workflow.ts';

const load = (class_type: string, inputs: Workflow[string]['inputs']): Workflow => ({ '1': { class_type, inputs } });
const first = (value: string): unknown => inputFiles(load('LoadImage', { image: value }))[0];

test.each([
  ['x.png', { filename: 'x.png', subfolder: '', type: 'input', isLocalPath: false }],
  ['sub/deep/x.png', { filename: 'x.png', subfolder: 'sub/deep', type: 'input' }],
  ['x.png [output]', { filename: 'x.png', type: 'output' }],
  ['clipspace/m.png [input]', { filename: 'm.png', subfolder: 'clipspace', type: 'input' }],
  ['x.png [temp]', { filename: 'x.png', type: 'temp' }],
  ['x [1].png', { filename: 'x [1].png', type: 'input' }],
  ['a\\b.png', { filename: 'a\\b.png', subfolder: '', isLocalPath: false }],
  ['/home/me/cat.png', { isLocalPath: true }],
  ['C:\\x\\cat.png', { isLocalPath: true }],
  ['c:/x/cat.png [input]', { isLocalPath: true }],
  ['\\\\box\\share\\cat.png', { isLocalPath: true }],
  ['~/cat.png', { isLocalPath: true }],
])('%s', (value, expected) => {
  expect(first(value)).toMatchObject({ node: '1', input: 'image', value, ...expected });
});

test.each([
  ['LoadImageMask', { image: 'm.png', channel: 'alpha' }, ['image']],
  ['LoadVideo', { file: 'v.mp4' }, ['file']],
  ['LoadAudio', { audio: 'a.mp3' }, ['audio']],
  ['VHS_LoadVideo', { video: 'v.mp4', force_rate: 0 }, ['video']],
  ['LoadLatent', { latent: 'l.latent' }, ['latent']],
  ['VHS_LoadImagePath', { image: '/srv/x.png' }, []],
  ['LoadImage', { image: ['2', 0] }, []],
  ['LoadImage', { image: '' }, []],
  ['CheckpointLoaderSimple', { ckpt_name: 'x.safetensors' }, []],
] as const)('without definitions, %s %j', (name, inputs, expected) => {
  expect(inputFiles(load(name, inputs)).map((file) => file.input)).toEqual(expected);
});

test('with definitions, the inputs that have an upload button and that an output needs', () => {
  const info = parseObjectInfo({
    Pack: { input: { required: { clip: [[], { video_upload: true }], note: ['STRING', {}] } }, output: ['IMAGE'], name: 'Pack' },
    Mark: { input: { required: { mesh: ['COMBO', { options: [], file_upload: true }] } }, output: ['IMAGE'], name: 'Mark' },
    Save: { input: { required: { images: ['IMAGE'] } }, output: [], output_node: true, name: 'Save' },
  }); // prettier-ignore
  const graph: Workflow = {
    ...load('Pack', { clip: 'v.mp4', note: 'x' }),
    '2': { class_type: 'Save', inputs: { images: ['1', 0] } },
    '3': { class_type: 'Mark', inputs: { mesh: 'm.glb' } },
  };
  expect(inputFiles(graph, info).map((file) => `${file.node}.${file.input}`)).toEqual(['1.clip']);
});

test('what the server is asked, and what is said of a file that is nowhere', () => {
  const graph = load('LoadImage', { image: 'sub/a b.png' });
  const [file] = inputFiles(graph);
  if (file === undefined) throw new Error('no file');
  expect(viewQuery(file)).toBe('filename=a+b.png&subfolder=sub&type=input');
  const error = problemsToError([absentFile(graph, file)]);
  expect([error.code, error.message]).toEqual([
    'validation',
    '#1 LoadImage: `image`: the server has no input file sub/a b.png',
  ]);
  expect(error.hint).toContain('--image');
  const local = load('LoadImage', { image: 'C:\\x\\cat.png' });
  const [path] = inputFiles(local);
  expect(path && absentFile(local, path).message).toContain('C:\\x\\cat.png, a path that is not on this machine');
});
