// The widget types of the web UI (frontend 1.58.1): what each stores, whether it is sent, what it holds when nothing is stored.
import { isRecord } from '../protocol/json.ts';
import type { InputSpec } from '../protocol/object-info.ts';

type Options = InputSpec['options'];
type WidgetType = {
  /** `none`: the file holds no value for it, or one that nobody reads back. */
  readonly storesNothing?: true;
  /** The browser's own: buttons and views. */
  readonly isNotSent?: true;
  /** What the widget holds while nothing is stored. */
  readonly initial: (options: Options) => unknown;
};

const given =
  (fallback: unknown) =>
  (options: Options): unknown =>
    options['default'] ?? fallback;
const always = (value: unknown) => (): unknown => value;
const straightLine = {
  points: [
    [0, 0],
    [1, 1],
  ],
  interpolation: 'monotone_cubic',
};

export const dynamicCombo = 'COMFY_DYNAMICCOMBO_V3';

const widgetTypes: ReadonlyMap<string, WidgetType> = new Map<string, WidgetType>([
  ['INT', { initial: given(0) }],
  ['FLOAT', { initial: given(0) }],
  ['BOOLEAN', { initial: given(false) }],
  ['STRING', { initial: given('') }],
  ['TEXTAREA', { initial: given('') }],
  ['MARKDOWN', { initial: always('') }],
  ['COMBO', { initial: given(undefined) }],
  [dynamicCombo, { initial: given(undefined) }],
  ['COLOR', { initial: given('#000000') }],
  ['COLORS', { initial: given([]) }],
  ['CURVE', { initial: given(straightLine) }],
  ['RANGE', { initial: given({ min: 0, max: 1 }) }],
  ['CHART', { initial: (options) => options['default'] ?? options['data'] }],
  ['GALLERIA', { initial: (options) => options['default'] ?? options['images'] ?? [] }],
  ['PAINTER', { initial: given(undefined) }],
  ['COMPOSITOR', { initial: given({}) }],
  ['BOUNDING_BOX', { initial: given(undefined) }],
  ['BOUNDING_BOXES', { initial: given([]) }],
  ['LIGHT_INFO_PREVIEW', { initial: given([]) }],
  ['VIDEO_EDIT', { initial: (options) => options['default'] ?? untouchedEdit(options['features']) }],
  ['IMAGECOMPARE', { storesNothing: true, initial: always(['', '']) }],
  ['RESOLUTION_PREVIEW', { storesNothing: true, isNotSent: true, initial: always(undefined) }],
  ['CAMERA_INFO_STATE', { storesNothing: true, isNotSent: true, initial: always(undefined) }],
  ['AUDIO_UI', { storesNothing: true, isNotSent: true, initial: always(undefined) }],
  ['CAMERA_ANGLE_VIEW', { isNotSent: true, initial: given(undefined) }],
  ['IMAGEUPLOAD', { isNotSent: true, initial: given(undefined) }],
  ['AUDIOUPLOAD', { isNotSent: true, initial: given(undefined) }],
  ['AUDIO_RECORD', { initial: given('') }],
  ['WEBCAM', { initial: given(undefined) }],
  ['LOAD_3D', { initial: given(undefined) }],
  ['LOAD_3D_ANIMATION', { initial: given(undefined) }],
  ['LOAD_3D_ADVANCED', { initial: given(undefined) }],
  ['PREVIEW_3D', { initial: given(undefined) }],
  ['PREVIEW_3D_ANIMATION', { initial: given(undefined) }],
  ['COMFY_BRANCH_SELECTOR', { initial: given('') }],
  ['COMFY_BRANCH_INPUT_NAMES', { initial: given([]) }],
]);

/** A video as it is: nothing cut away. */
function untouchedEdit(features: unknown): unknown {
  const named = Array.isArray(features) && features.length > 0 ? (features as unknown[]) : ['trim', 'crop'];
  return {
    ...(named.includes('trim') ? { trim: { start_time: 0, duration: 0 } } : {}),
    ...(named.includes('crop') ? { crop: { x: 0, y: 0, width: 0, height: 0 } } : {}),
  };
}

/** The widget that the web UI draws: `widgetType` decides before the type; undefined for a socket alone. */
export function widgetTypeOf(spec: InputSpec): string | undefined {
  const asked = spec.options['widgetType'];
  const type = typeof asked === 'string' ? asked : spec.type;
  return widgetTypes.has(type) ? type : undefined;
}

/** Types that own a widget, unless the definition asks for a socket. */
export function wouldBeWidget(spec: InputSpec): boolean {
  return widgetTypeOf(spec) !== undefined;
}

export function isWidget(spec: InputSpec): boolean {
  return spec.options['forceInput'] !== true && wouldBeWidget(spec);
}

/** Whether the file holds a value for this widget. */
export function takesSlot(spec: InputSpec): boolean {
  return widgetTypes.get(widgetTypeOf(spec) ?? '')?.storesNothing !== true;
}

/** Whether the widget's value goes to the server. */
export function isSent(spec: InputSpec): boolean {
  return widgetTypes.get(widgetTypeOf(spec) ?? '')?.isNotSent !== true;
}

/** A seed's "control after generate" has a place of its own behind the value. */
export function hasControl(spec: InputSpec): boolean {
  const flag = spec.options['control_after_generate'];
  if (flag !== undefined && flag !== null) return flag !== false && flag !== '';
  return spec.type === 'INT' && (spec.name === 'seed' || spec.name === 'noise_seed');
}

/** What an untouched widget stores behind its value: control words, the numbers of a box, the recorder's button. */
export function valuesBehind(spec: InputSpec, value: unknown): readonly unknown[] {
  if (hasControl(spec)) return spec.type === 'COMBO' ? ['fixed', ''] : ['fixed'];
  const type = widgetTypeOf(spec);
  if (type === 'AUDIO_RECORD') return [''];
  if (type !== 'BOUNDING_BOX') return [];
  const box = isRecord(value) ? value : {};
  return ['x', 'y', 'width', 'height'].map((side) => box[side] ?? 0);
}

const controlWords = new Set<unknown>(['fixed', 'increment', 'decrement', 'randomize', 'increment-wrap']);
export function isControlWord(value: unknown): boolean {
  return controlWords.has(value);
}

/** Text over several lines, in which null stands for nothing written. */
export function isMultiline(spec: InputSpec): boolean {
  const type = widgetTypeOf(spec);
  return type === 'TEXTAREA' || (type === 'STRING' && spec.options['multiline'] === true);
}

/** What an untouched widget holds; undefined for a combo without choices, which is not sent. */
export function defaultOf(spec: InputSpec): unknown {
  const fallback = spec.options['default'];
  const type = widgetTypeOf(spec);
  if (type === dynamicCombo) return fallback ?? optionsOf(spec)[0]?.['key'];
  if (type === 'COMBO' && spec.options['multi_select'] !== undefined) return fallback ?? [];
  if (type === 'COMBO') return fallback ?? spec.choices?.[0];
  return type === undefined ? fallback : widgetTypes.get(type)?.initial(spec.options);
}

/** The choice of a combo that stands first, whatever its default is. */
export function firstChoice(spec: InputSpec): unknown {
  return spec.type === dynamicCombo ? optionsOf(spec)[0]?.['key'] : spec.choices?.[0];
}

/** The options of a dynamic combo: a key each, and the inputs that it brings along. */
export function optionsOf(spec: InputSpec): readonly Record<string, unknown>[] {
  const options = spec.options['options'];
  return Array.isArray(options) ? options.filter(isRecord) : [];
}
