// A front of a demo server for the row "flood": passes everything on, and while a job's sampler works it sends frames of its
// own, prepared, so that no other work holds them up. Says where it listens, and at the end of each flood how it went, in JSON.
// node flood-server.js <address of the demo server> <steps a second> <seconds> <what a step is>
// A step is `progress`, or also a preview: `previews` as clients get them that did not ask, `asked` as those that did.
import { connect, createServer } from 'node:net';
/** @import { AddressInfo, Socket } from 'node:net' */

/** A preview that ComfyUI makes without TAESD, 128 x 128. */
const previewBytes = 8000;
/** From the beginning of a job to its flood: meanwhile the nodes before the sampler are over. */
const pauseMs = 300;

const [upstream, perSecond, seconds, what] = process.argv.slice(2);
const rate = Number(perSecond);
const count = rate * Number(seconds);
const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(previewBytes - 4, 0x5a)]);

/**
 * A frame of a WebSocket server: `kind` is 1 for text, 2 for bytes, 9 for a ping.
 * @param {number} kind
 * @param {...Buffer} parts
 */
function framed(kind, ...parts) {
  const body = Buffer.concat(parts);
  const head = body.length < 126 ? Buffer.from([0x80 | kind, body.length]) : Buffer.from([0x80 | kind, 126, 0, 0]);
  if (body.length >= 126) head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** @param {...number} numbers */
const words = (...numbers) => Buffer.concat(numbers.map((n) => Buffer.from(new Uint32Array([n]).buffer).swap32()));

/**
 * @param {string} id
 * @param {string} node
 */
function previewOf(id, node) {
  if (what === 'previews') return framed(2, words(1, 1), jpeg);
  const about = Buffer.from(JSON.stringify({ node_id: node, prompt_id: id, image_type: 'image/jpeg' }));
  return framed(2, words(4, about.length), about, jpeg);
}

/**
 * So many steps a second to the client of this job; at the end a ping, which is answered when all before it was read.
 * @param {Socket} client
 * @param {string} id
 * @param {string} node
 */
function flood(client, id, node) {
  const preview = what === 'progress' ? Buffer.alloc(0) : previewOf(id, node);
  const began = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(Math.floor(((performance.now() - began) / 1000) * rate), count);
    /** @type {Buffer[]} */
    const frames = [];
    for (; sent < due; sent += 1) {
      const data = { value: sent + 1, max: count, prompt_id: id, node };
      frames.push(framed(1, Buffer.from(JSON.stringify({ type: 'progress', data }))), preview);
    }
    client.write(Buffer.concat(frames));
    if (sent < count) return;
    clearInterval(timer);
    const lastAt = performance.now();
    client.on('data', (data) => {
      if (data[0] !== 0x8a) return;
      console.log(JSON.stringify({ tookMs: lastAt - began, lateMs: performance.now() - lastAt }));
    });
    client.write(framed(9));
  }, 2);
}

const server = createServer((client) => {
  const { hostname, port } = new URL(upstream);
  const behind = connect(Number(port), hostname).setNoDelay(true);
  let node = '';
  client.setNoDelay(true).pipe(behind);
  behind.on('data', (data) => {
    client.write(data);
    if (data[0] >> 4 !== 8) return; // no frame: an answer to a request
    const text = data.toString('latin1');
    node = [...text.matchAll(/"executing","data":\{"node":"(\d+)"/g)].at(-1)?.[1] ?? node;
    const begun = /"execution_start","data":\{"prompt_id":"([^"]+)"/.exec(text);
    if (begun !== null) setTimeout(() => flood(client, begun[1], node), pauseMs);
  });
  client.on('error', () => undefined).on('close', () => behind.destroy());
  behind.on('error', () => undefined).on('close', () => client.end());
});
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}`);
});
