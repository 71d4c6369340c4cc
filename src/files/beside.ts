// A small file under the name of another one, with its own extension, never replacing anything.
import { dirname, extname } from 'node:path';
import { PartFile } from './write.ts';

/** Writes `text` beside `path`; returns the name it got. */
export async function writeBeside(path: string, ending: string, text: string): Promise<string> {
  await using part = await PartFile.create(dirname(path));
  await part.write(Buffer.from(text));
  return await part.commit(path.slice(0, path.length - extname(path).length), ending);
}
