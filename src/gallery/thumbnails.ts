// Small pictures inside the page, as many as keep it light: by sharp where it is installed, else by our own PNG reader.
import { imageSize } from '../media/check.ts';
import { isPng } from '../media/png.ts';
import { loadSharp, shrink } from '../media/transcode.ts';

/** Bytes of all small pictures of a page. */
const mostBytes = 32 * 1024 ** 2;
/** Our own reader takes a second for six million pixels or so: beyond this many the files themselves are shown. */
const mostPixels = 48 * 1024 ** 2;

export class Thumbnails {
  /** Is sharp installed? */
  readonly hasSharp: boolean;
  readonly #side: number;
  #bytesLeft: number;
  #pixelsLeft = mostPixels;

  private constructor(count: number, hasSharp: boolean) {
    this.hasSharp = hasSharp;
    this.#bytesLeft = mostBytes;
    this.#side = hasSharp ? (count > 2000 ? 160 : count > 500 ? 240 : 320) : 176;
  }

  /** For a page of so many pictures. */
  static async start(count: number): Promise<Thumbnails> {
    const hasSharp = await loadSharp().then(
      () => true,
      () => false,
    );
    return new Thumbnails(count, hasSharp);
  }

  /** A `data:` address; undefined for what is small already, cannot be read, or is more than a page can hold. */
  async of(bytes: Uint8Array): Promise<string | undefined> {
    if (this.#bytesLeft <= 0 || !this.#canRead(bytes)) return undefined;
    const small = await shrink(bytes, this.#side).catch(() => undefined);
    if (small === undefined || small.bytes.length > this.#bytesLeft) return undefined;
    this.#bytesLeft -= small.bytes.length;
    return `data:${small.mime};base64,${Buffer.from(small.bytes).toString('base64')}`;
  }

  #canRead(bytes: Uint8Array): boolean {
    if (this.hasSharp) return true;
    const { width, height } = imageSize(bytes) ?? { width: 0, height: 0 };
    if (!isPng(bytes) || width * height > this.#pixelsLeft) return false;
    this.#pixelsLeft -= width * height;
    return true;
  }
}
