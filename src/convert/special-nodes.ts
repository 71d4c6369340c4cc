// Nodes whose web UI code adds inputs, or sends a value in another form than it stores it.
import type { InputSpec } from '../protocol/object-info.ts';
import { isMultiline, widgetTypeOf } from '../workflow/widget-types.ts';

/** Classes whose `filename_prefix` the web UI fills in before it sends it. */
export const fillsPrefix: ReadonlySet<string> = new Set([
  ...['SaveImage', 'SaveImageAdvanced', 'SaveSVGNode', 'SaveVideo', 'SaveAnimatedWEBP', 'SaveAnimatedPNG', 'SaveWEBM'],
  ...['SaveAudio', 'SaveAudioMP3', 'SaveAudioOpus', 'SaveAudioAdvanced', 'SaveGLB', 'Save3DAdvanced'],
  ...['SaveGaussianSplat', 'SavePointCloud', 'CLIPSave', 'VAESave', 'ModelSave', 'LoraSave', 'SaveLatent'],
]);

/** The form in which a widget's value is sent: arrays wrapped, or the server would take them for links. */
export function sentValue(spec: InputSpec | undefined, value: unknown): unknown {
  if (spec !== undefined && widgetTypeOf(spec) === 'CURVE' && typeof value === 'object' && value !== null) {
    return { __type__: 'CURVE', __value__: value };
  }
  return sentHostValue(spec, value);
}

/** The same for the value that an instance of a subgraph gives to a widget inside: the web UI leaves curves bare. */
export function sentHostValue(spec: InputSpec | undefined, value: unknown): unknown {
  if (value === null && spec !== undefined && isMultiline(spec)) return ''; // numbers stay: the server makes them text
  return Array.isArray(value) ? { __value__: value } : value;
}

/** KSamplers of the first days put `sample_` before the name. */
export function withoutSamplePrefix(nodeType: string, input: string, value: string): string {
  return input === 'sampler_name' && nodeType.startsWith('KSampler') ? value.replace(/^sample_/, '') : value;
}

export const customCombo = 'CustomCombo';

/** CustomCombo writes its own list: choice, place of the choice, options and an empty one; only the first is defined. */
export function customComboWidgets(values: readonly unknown[]): { name: string; type: string; value: unknown }[] {
  const options = values.slice(2);
  while (options.length > 0 && options.at(-1) === '') options.pop();
  return [
    { name: 'index', type: 'INT', value: typeof values[1] === 'number' ? values[1] : 0 },
    ...[...options, ''].map((value, i) => ({ name: `option${i + 1}`, type: 'STRING', value })),
  ];
}

/** The server's second output is the index: it has to follow the choice that is sent. */
export function fixComboIndex(inputs: Map<string, unknown>): void {
  const choice = inputs.get('choice');
  if (typeof choice !== 'string' || typeof inputs.get('index') !== 'number') return;
  for (let index = 0; inputs.has(`option${index + 1}`); index++) {
    if (inputs.get(`option${index + 1}`) !== choice) continue;
    inputs.set('index', index);
    return;
  }
  inputs.set('index', 0);
}
