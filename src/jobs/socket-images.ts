// Images that come over the socket and are the job's outputs: those of SaveImageWebsocket and its like (protocol.md 3.5).
import { ComfyGenError } from '../errors.ts';
import type { OutputRef } from '../protocol/http.ts';
import type { Workflow } from '../workflow/workflow.ts';

/** Core's node, and those of packs: `ETN_SendImageWebSocket`. */
const senders = /(?:save|send|output)\w*image\w*web_?socket/i;
/** All images of a job; more would not fit into memory. */
const maxBytes = 1024 ** 3;
const endings: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/webp': '.webp',
  'image/gif': '.gif',
};

export function isSender(workflow: Workflow, node: string | undefined): node is string {
  return node !== undefined && Object.hasOwn(workflow, node) && senders.test(workflow[node]?.class_type ?? '');
}

export const hasSender = (workflow: Workflow): boolean => Object.keys(workflow).some((id) => isSender(workflow, id));

/** The image as an output, under a name like the server's own. Throws when the job's images are too many to keep. */
export function socketImage(
  node: string,
  { mime, image }: { readonly mime: string; readonly image: Uint8Array },
  before: readonly OutputRef[],
): OutputRef {
  const size = before.reduce((sum, one) => sum + (one.image?.length ?? 0), image.length);
  if (size > maxBytes)
    throw new ComfyGenError('too_large_download', 'more than 1 GiB of images came over the socket', {
      hint: 'save them on the server, with SaveImage',
    });
  const number = String(before.length + 1).padStart(5, '0');
  const filename = `ComfyUI_ws_${number}_${Object.hasOwn(endings, mime) ? (endings[mime] ?? '') : '.png'}`;
  return { node, filename, subfolder: '', type: 'output', image };
}

/** Why a job with such a node has no image of it; undefined for one without. */
export function missedImages(workflow: Workflow, received: readonly OutputRef[]): ComfyGenError | undefined {
  const node = Object.keys(workflow).find((id) => isSender(workflow, id));
  if (node === undefined || received.length > 0) return undefined;
  const message = `the images of node ${node} (${workflow[node]?.class_type ?? ''}) went over a WebSocket that was not ours, or not open`;
  return new ComfyGenError('no_output', message, { hint: 'SaveImage in its place keeps them on the server' });
}
