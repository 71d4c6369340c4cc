// Nodes whose web UI code adds inputs, or sends a value in another form than it stores it.
import type { InputSpec } from '../protocol/object-info.ts';
import { isMultiline } from './node-class.ts';
import { list, type UiNode } from './ui-graph.ts';

/** Classes whose `filename_prefix` the web UI fills in before it sends it. */
export const fillsPrefix: ReadonlySet<string> = new Set([
  ...['SaveImage', 'SaveImageAdvanced', 'SaveSVGNode', 'SaveVideo', 'SaveAnimatedWEBP', 'SaveAnimatedPNG', 'SaveWEBM'],
  ...['SaveAudio', 'SaveAudioMP3', 'SaveAudioOpus', 'SaveAudioAdvanced', 'SaveGLB', 'Save3DAdvanced'],
  ...['SaveGaussianSplat', 'SavePointCloud', 'CLIPSave', 'VAESave', 'ModelSave', 'LoraSave', 'SaveLatent'],
]);

/** The form in which a widget's value is sent: arrays wrapped, or the server would take them for links. */
export function sentValue(spec: InputSpec | undefined, value: unknown): unknown {
  if (spec?.type === 'IMAGECOMPARE') return { __value__: ['', ''] };
  if (spec?.type === 'CURVE' && typeof value === 'object' && value !== null) {
    return { __type__: 'CURVE', __value__: value };
  }
  if (value === null && spec !== undefined && isMultiline(spec)) return ''; // numbers stay: the server makes them text
  return Array.isArray(value) ? { __value__: value } : value;
}

/** KSamplers of the first days put `sample_` before the name. */
export function withoutSamplePrefix(nodeType: string, input: string, value: string): string {
  return input === 'sampler_name' && nodeType.startsWith('KSampler') ? value.replace(/^sample_/, '') : value;
}

/** CustomCombo stores choice, index and its options; the server's second output is the index. */
export function customComboInputs(node: UiNode, choice: unknown): Map<string, unknown> {
  const options = list(node.values).slice(2);
  while (options.length > 0 && options.at(-1) === '') options.pop();
  const inputs = new Map<string, unknown>([['index', Math.max(0, options.indexOf(choice))]]);
  [...options, ''].forEach((option, i) => inputs.set(`option${i + 1}`, option));
  return inputs;
}
