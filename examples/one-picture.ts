// A prompt becomes a file. `node one-picture.ts [server] [prompt]`
import { ComfyGenError, ComfyUIClient } from 'comfy-gen';

const [host = process.env['COMFY_GEN_HOST'] ?? '127.0.0.1:8188', prompt = 'a lighthouse at dusk'] =
  process.argv.slice(2);
const client = new ComfyUIClient({ host });

try {
  const paths = await client.generateImage(prompt, 'blurry', { width: 768, height: 512, steps: 25, output: 'images' });
  for (const path of paths) console.log(path);
} catch (error) {
  if (!(error instanceof ComfyGenError)) throw error;
  console.error(error.message, error.hint ?? '');
  process.exitCode = error.exit_code;
}
