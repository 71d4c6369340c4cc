// The newest preview of a job in a file: written so often that it is seen to move, and the last one always.
import { toComfyGenError } from '../errors.ts';
import { replaceFile } from '../files/write-text.ts';

const perSecond = 15;

export class PreviewFile {
  readonly #path: string;
  #newest: Uint8Array | undefined;
  #writing: Promise<void> | undefined;
  #problem: string | undefined;
  #isOver = false;
  #hurry: () => void = () => undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes the place of the one before, whole: at once, or as soon as that was there for its time. */
  readonly take = (image: Uint8Array): void => {
    this.#newest = image;
    this.#writing ??= this.#write();
  };

  /** Why it is not written, the first time that this is asked for after it failed. That fails no job. */
  problem(): string | undefined {
    const told = this.#problem;
    this.#problem = undefined;
    return told;
  }

  /** No more will come: resolves when the last one is there. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#hurry();
    await this.#writing;
  }

  async #write(): Promise<void> {
    for (let image = this.#newest; image !== undefined; image = this.#newest) {
      this.#newest = undefined;
      try {
        await replaceFile(this.#path, image);
      } catch (error) {
        this.#problem = `no preview is written: ${toComfyGenError(error).message}`;
        return; // and what takes the next one never starts again
      }
      if (!this.#isOver) await this.#rest();
    }
    this.#writing = undefined;
  }

  async #rest(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 1000 / perSecond);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
