// Writes an AVIF or HEIF without a picture in it: the boxes around an Exif item, in every form, honest or not.

export type HeifForm = {
  readonly brand?: string;
  /** Version of `iloc` and of the entries in `iinf`. */
  readonly version?: number;
  readonly entry?: number;
  /** 0: from the start of the file, 1: in `idat`, 2: inside another item. */
  readonly method?: number;
  /** Bytes of offsets and lengths. */
  readonly bytes?: number;
  /** The item is told in so many pieces; from a thousand on each of them is the whole item. */
  readonly pieces?: number;
  readonly claimed?: number;
  readonly items?: number;
  readonly type?: string;
  /** Not 0: the item stands in another file. */
  readonly elsewhere?: number;
  readonly prefix?: string;
  readonly skip?: number;
  /** The whole content of `iloc`. */
  readonly places?: Buffer;
};

function uint(value: number, length: number): Buffer {
  const out = Buffer.alloc(length);
  if (length === 8) out.writeBigUInt64BE(BigInt(value));
  else if (length > 0) out.writeUIntBE(value, 0, length);
  return out;
}

const join = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(parts.map((p) => (typeof p === 'string' ? Buffer.from(p, 'latin1') : p)));
const box = (type: string, ...parts: (string | Buffer)[]): Buffer => {
  const data = join(...parts);
  return join(uint(data.length + 8, 4), type, data);
};

/** One directory of ASCII tags, high byte first. */
function exif(texts: Readonly<Record<number, string>>): Buffer {
  const tags = Object.entries(texts);
  let at = 8 + 2 + tags.length * 12 + 4;
  const values = tags.map(([, text]) => Buffer.from(`${text}\0`));
  const entries = tags.map(([tag], i) => {
    const length = values[i]?.length ?? 0;
    const entry = join(uint(Number(tag), 2), uint(2, 2), uint(length, 4), uint(at, 4));
    at += length;
    return entry;
  });
  return join('MM\0*', uint(8, 4), uint(tags.length, 2), ...entries, uint(0, 4), ...values);
}

export function heif(texts: Readonly<Record<number, string>>, form: HeifForm = {}): Buffer {
  const prefix = form.prefix ?? '';
  const item = join(uint(form.skip ?? 0, 4), prefix, exif(texts));
  const draft = boxesAround(item, 0, form);
  return boxesAround(item, draft.length - item.length, form); // in front of it everything is of the same length
}

function boxesAround(item: Buffer, start: number, form: HeifForm): Buffer {
  const { method = 0, entry = 2 } = form;
  const id = uint(1, entry === 3 ? 4 : 2);
  const info = box('infe', uint(entry, 1), uint(0, 3), id, uint(0, 2), form.type ?? 'Exif', '\0');
  const sizes = ['ispe', 'ispe'].map((type, i) => box(type, uint(0, 4), uint(i === 0 ? 640 : 160, 4), uint(480, 4)));
  const meta = box(
    'meta',
    uint(0, 4),
    box('hdlr', uint(0, 8), 'pict', Buffer.alloc(13)),
    box('iloc', form.places ?? places(item.length, method === 1 ? 0 : start, form)),
    box('iinf', uint(0, 4), uint(1, 2), info),
    box('iprp', box('ipco', ...sizes)),
    ...(method === 1 ? [box('idat', item)] : []),
  );
  const brand = form.brand ?? 'avif';
  return join(box('ftyp', brand, uint(0, 4), 'mif1'), meta, ...(method === 1 ? [] : [box('mdat', item)]));
}

function places(length: number, start: number, form: HeifForm): Buffer {
  const { version = 0, bytes = 4, pieces = 1 } = form;
  const each = pieces > 999 ? length : Math.ceil(length / pieces);
  const extents = Array.from({ length: pieces }, (_, i) => {
    const at = pieces > 999 ? 0 : i * each;
    const size = form.claimed ?? Math.min(each, length - at);
    return join(uint(start + at, bytes), uint(size, bytes));
  });
  const wide = version === 2 ? 4 : 2;
  return join(
    uint(version, 1),
    uint(0, 3),
    uint((bytes << 4) | bytes, 1),
    uint(0, 1),
    uint(form.items ?? 1, wide),
    uint(1, wide),
    ...(version === 0 ? [] : [uint(form.method ?? 0, 2)]),
    uint(form.elsewhere ?? 0, 2),
    uint(pieces, 2),
    ...extents,
  );
}
