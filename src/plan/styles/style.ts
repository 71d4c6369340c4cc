// A style: words around the prompt, LoRAs beside the user's own, and options under everything that was said.
import { ComfyGenError } from '../../errors.ts';
import type { Layer } from '../../options/resolve.ts';
import { rowOptions } from '../../options/settings.ts';
import { closest } from '../../text/closest.ts';
import { jobSettings } from '../settings.ts';

/** Plain data that survives JSON. */
export type Style = {
  readonly name: string;
  /** Holds `{prompt}` where the user's own goes, else it stands behind that. */
  readonly prompt: string;
  readonly negative: string;
  /** As the option writes them: `file:strength`. */
  readonly lora: readonly string[];
  /** Raw values by option key. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The file that it stands in, for messages. */
  readonly file: string;
};

const place = '{prompt}';
/** Letters of a prompt; files of others may hold the place many times over. */
const most = 1_000_000;

/** The text within the styles, the first innermost. Throws `bad_input_file` for what grows beyond all measure. */
export function styledText(text: string, styles: readonly Style[], side: 'prompt' | 'negative'): string {
  return styles.reduce((inner, style) => around(inner, style[side], style), text);
}

function around(inner: string, outer: string, { name, file }: Style): string {
  const parts = outer.split(place);
  if (outer.length + (parts.length - 1) * inner.length > most)
    throw new ComfyGenError('bad_input_file', `${file}: style ${name}: more than a million letters`);
  if (parts.length > 1) return parts.join(inner);
  return [inner, outer].filter((one) => one.trim() !== '').join(', ');
}

/** The styles of these names, in their order. Throws `unknown_style` with the closest names. */
export function chooseStyles(names: readonly string[], known: readonly Style[]): readonly Style[] {
  return names.map((name) => {
    const alike = known.filter((style) => style.name.toLowerCase() === name.toLowerCase());
    const [found, second] = alike.filter((style) => style.name === name);
    if (second !== undefined)
      throw new ComfyGenError('bad_input_file', `style ${name} is in ${found?.file ?? ''} and in ${second.file}`);
    const chosen = found ?? (alike.length === 1 ? alike[0] : undefined);
    if (chosen !== undefined) return chosen;
    const near = closest(
      name,
      known.map((style) => style.name),
      5,
    );
    throw new ComfyGenError('unknown_style', `names a style that is not there: ${JSON.stringify(name)}`, {
      option: 'style',
      hint: near.length === 0 ? undefined : `did you mean ${near.join(', ')}?`,
    });
  });
}

/**
 * The layers with what the styles add: negative prompts and LoRAs beside those that are in force, from wherever these came, and
 * options below all. A LoRA that is named by the user too keeps the user's strength.
 */
export function withStyles(layers: readonly Layer[], styles: readonly Style[]): readonly Layer[] {
  if (styles.length === 0) return layers;
  const { negative, lora } = jobSettings(layers);
  const own: Layer = { source: 'style', label: 'style', trusted: false, values: {} };
  const added = lorasBeside(styles, lora.value);
  const words = styledText(negative.value, styles, 'negative');
  const above: Layer[] = [];
  if (words !== negative.value) above.push({ ...(negative.layer ?? own), values: { negative: words } });
  if (added.length > 0)
    above.push({ ...(lora.layer ?? own), values: { lora: [...added, ...(rowOptions.lora.write(lora.value) as string[])] } }); // prettier-ignore
  const below = [...styles].reverse().map(({ name, file, options }): Layer => {
    return { ...own, label: `${file}: style ${name}`, values: options };
  });
  return [...above, ...layers, ...below];
}

/** The styles' LoRAs, each once, the last strength of it, less those that the user names. */
export function lorasBeside(styles: readonly Style[], named: readonly { readonly file: string }[]): readonly string[] {
  const found = new Map<string, string>();
  for (const written of styles.flatMap(({ lora }) => lora)) {
    const [one] = rowOptions.lora.parse(written, 'lora');
    if (one !== undefined && !named.some(({ file }) => file === one.file)) found.set(one.file, written);
  }
  return [...found.values()];
}
