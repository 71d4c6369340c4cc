// The styles of jobs: each file read once, jobs of the same options styled once.
import { ComfyGenError } from '../../errors.ts';
import type { Layer } from '../../options/resolve.ts';
import { isAskedFor, jobSettings } from '../settings.ts';
import type { JobSpec } from '../spec.ts';
import { readStyles } from './read-styles.ts';
import { chooseStyles, withStyles, type Style } from './style.ts';

export type Styled = { readonly layers: readonly Layer[]; readonly styles: readonly Style[] };

export class StyleReader {
  readonly #pathOf: (path: string) => string;
  readonly #files = new Map<string, Promise<readonly Style[]>>();
  readonly #styled = new WeakMap<readonly Layer[], Promise<Styled>>();

  constructor(pathOf: (path: string) => string) {
    this.#pathOf = pathOf;
  }

  /** The job's styles, and its layers with what they add. Throws `usage`. */
  async of(spec: JobSpec): Promise<Styled> {
    const { layers } = spec;
    const known = this.#styled.get(layers) ?? this.#style(spec);
    this.#styled.set(layers, known);
    return known;
  }

  async #style({ layers, styles: packed, place }: JobSpec): Promise<Styled> {
    const styles = packed ?? (await this.#chosen(layers, place));
    return { layers: withStyles(layers, styles), styles };
  }

  async #chosen(layers: readonly Layer[], place: string | undefined): Promise<readonly Style[]> {
    const { style, styles } = jobSettings(layers);
    if (style.value.length === 0) {
      // of a file's rows some may have a style, some none
      const isForOthers = place !== undefined && styles.layer?.source !== 'row';
      if (isForOthers || styles.value === undefined || !isAskedFor(styles)) return [];
      throw new ComfyGenError('unusable_option', 'goes with a style', {
        option: 'styles',
        hint: 'add <option style> <name>; `comfy-gen list styles` shows them',
      });
    }
    if (styles.value === undefined)
      throw new ComfyGenError('unusable_option', 'needs to know where the styles are', {
        option: 'style',
        hint: 'add <option styles> <file or folder>, or set `styles` in your configuration',
      });
    return chooseStyles(style.value, await this.#read(styles.value));
  }

  #read(named: string): Promise<readonly Style[]> {
    const path = this.#pathOf(named);
    const read = this.#files.get(path) ?? readStyles(path, named);
    this.#files.set(path, read);
    return read;
  }
}
