// Node definitions that the user keeps in a file.
import { gunzipSync } from 'node:zlib';
import { ComfyGenError } from '../errors.ts';
import { parseJson } from '../protocol/json.ts';
import { parseObjectInfo, type ObjectInfo } from '../protocol/object-info.ts';
import { decodeText } from './decode.ts';
import { readUserFile } from './user-file.ts';

const maxDefinitionBytes = 512 * 1024 ** 2;

/**
 * What `GET /object_info` answered, kept in a file, gzip'd or not. `name` is what an error calls it.
 * @throws ComfyGenError `bad_input_file`
 */
export async function readDefinitions(path: string, name: string): Promise<ObjectInfo> {
  const bytes = await readUserFile(path, { name, max: maxDefinitionBytes });
  let info: ObjectInfo;
  try {
    const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const plain = isZipped ? gunzipSync(bytes, { maxOutputLength: maxDefinitionBytes }) : bytes;
    info = parseObjectInfo(parseJson(decodeText(plain, name)));
  } catch (cause) {
    if (cause instanceof ComfyGenError) throw cause;
    throw new ComfyGenError('bad_input_file', `${name} is not JSON`, { cause });
  }
  if (Object.keys(info).length === 0) throw new ComfyGenError('bad_input_file', `${name} holds no node definitions`);
  return info;
}
