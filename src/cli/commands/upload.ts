// `comfy-gen upload <file…>`: input files to the server; their server names, one a line.
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { ComfyGenError } from '../../errors.ts';
import { checkImage } from '../../media/check.ts';
import { jsonLine } from '../render/objects.ts';
import { connect, pathOf, type Session } from '../session.ts';
import { harmless } from '../../text/harmless.ts';
import { hashName } from '../uploads.ts';

const pictures = /^\.(?:png|jpe?g|webp|gif|bmp|tiff?|avif)$/i;
const maxBytes = 2 * 1024 ** 3;

export async function run(session: Session): Promise<number> {
  const { settings: s, terminal, signal, words } = session;
  if (words.length === 0)
    throw new ComfyGenError('bad_input_file', '`upload` needs a file', { hint: 'comfy-gen upload photo.png' });
  for (const path of words) await readInputFile(session, path); // all are looked at before the first is sent
  const [server] = await connect(session);
  await server.handshake(signal);
  const stored = new Map<string, string>();
  for (const path of words) {
    const bytes = await readInputFile(session, path);
    const content = hashName(bytes, path);
    const wanted = s.keepName.value ? basename(path) : content;
    const name = stored.get(`${wanted}\n${content}`) ?? (await server.upload(wanted, bytes, signal));
    stored.set(`${wanted}\n${content}`, name);
    await terminal.out(s.json.value ? jsonLine({ path, name }) : `${harmless(name)}\n`);
  }
  return 0;
}

async function readInputFile(session: Session, path: string): Promise<Uint8Array> {
  const bytes = await readFile(pathOf(session, path)).catch((cause: unknown) => {
    throw new ComfyGenError('bad_input_file', `cannot read ${path}`, { cause, hint: 'is the path right?' });
  });
  if (bytes.length === 0 || bytes.length > maxBytes) {
    throw new ComfyGenError('bad_input_file', `${path} is ${bytes.length === 0 ? 'empty' : 'larger than 2 GiB'}`);
  }
  const wrong = pictures.test(extname(path))
    ? checkImage(path, bytes.subarray(0, 65_536), bytes.subarray(-64), bytes.length)
    : undefined;
  if (wrong !== undefined) throw new ComfyGenError('bad_input_file', `${path} ${wrong.message}`);
  return bytes;
}
