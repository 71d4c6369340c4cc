// A picture of a gallery as data: where it lies, what it is, how it was made, and its place in a sweep.

export type Picture = {
  /** Absolute. */
  readonly path: string;
  /** As the user would write it where the command runs. */
  readonly shown: string;
  readonly kind: 'image' | 'video';
  readonly bytes: number;
  /** Pixels; undefined where the file does not tell. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** When it was made, in ms since 1970. */
  readonly at: number;
  /** How it was made, in words: `prompt`, `seed`, `steps`, … in the order in which they are shown. */
  readonly values: Readonly<Record<string, string>>;
  /** Coordinates in the sweep that made it, the first sweep first. */
  readonly sweep: Readonly<Record<string, string>> | undefined;
  /** The command line that makes it again. */
  readonly command: string | undefined;
  /** A small one as a `data:` address; undefined: the file itself is shown. */
  readonly thumbnail: string | undefined;
};

export type Axis = { readonly key: string; readonly values: readonly string[] };

/** The first two sweeps of these pictures with the values that occur; none where nothing was swept. */
export function sweepAxes(pictures: readonly Pick<Picture, 'sweep'>[]): readonly Axis[] {
  const keys = new Set(pictures.flatMap(({ sweep }) => Object.keys(sweep ?? {})));
  return [...keys].slice(0, 2).map((key) => ({ key, values: inOrder(pictures.map(({ sweep }) => sweep?.[key])) }));
}

/** Each once: numbers by their size, other values as they come. */
function inOrder(values: readonly (string | undefined)[]): readonly string[] {
  const unique = [...new Set(values.filter((value) => value !== undefined))];
  const isNumeric = unique.every((value) => /^-?\d+(?:\.\d+)?$/.test(value));
  return isNumeric ? unique.sort((a, b) => Number(a) - Number(b)) : unique;
}
