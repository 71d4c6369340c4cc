// What comes over the wire, whatever it is: JSON keeps every digit, frames and messages never throw.
import fc from 'fast-check';
import { expect } from 'vitest';
import { decodeFrame, encodePreview, encodePreviewWithMetadata, encodeText } from '../../src/protocol/frames.ts';
import {
  parseHistoryEntry,
  parseJob,
  parsePromptAnswer,
  parseQueue,
  parseSystemStats,
} from '../../src/protocol/http.ts';
import { parseJson, stringifyJson, stringifyStrictJson } from '../../src/protocol/json.ts';
import { lazyDefinitions, membersOf } from '../../src/protocol/lazy-definitions.ts';
import { parseMessage } from '../../src/protocol/messages.ts';
import { inputSpecs, parseObjectInfo } from '../../src/protocol/object-info.ts';
import { anyJson, holds, nasty, pieces } from '../helpers/property.ts';

/** As it comes back: integers within 2^53 are numbers, -0 is 0. */
function settled(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21)
    return BigInt(String(value)); // as it is written
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(settled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, settled(one)]));
}

holds(
  'JSON comes back as it went out, indented or not',
  [anyJson(), fc.constantFrom(undefined, 2)],
  (value, indent) => {
    expect(parseJson(stringifyJson(value, indent))).toEqual(settled(value));
    return undefined;
  },
);

holds('strict JSON is read by every parser', [anyJson()], (value) => {
  JSON.parse(stringifyStrictJson(value));
  return undefined;
});

holds(
  'a text is read as JSON.parse reads it, or both refuse it',
  [fc.oneof(fc.json(), nasty, pieces('[', ']', '{', '}', '"', '\\', ',', ':', '12', '.5', 'e3', 'null', '-'))],
  (text) => {
    let plain: unknown;
    try {
      plain = JSON.parse(text);
    } catch {
      if (!/NaN|Infinity/.test(text)) expect(() => parseJson(text)).toThrow(SyntaxError);
      return;
    }
    if (!/\d{16}/.test(text)) expect(parseJson(text)).toEqual(plain);
    return undefined;
  },
);

holds(
  'large integers keep their digits wherever they stand, within texts nothing changes',
  [fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), nasty],
  (digits, text) => {
    const json = `{${JSON.stringify(text)}: [${digits}, ${JSON.stringify(`${text} ${digits} NaN`)}], "n": -Infinity}`;
    const read = parseJson(json) as Record<string, unknown>;
    expect(Object.entries(read).find(([key]) => key === text || key === 'n')).toBeDefined();
    const [number, kept] = (text === 'n' ? [digits, `${text} ${digits} NaN`] : read[text]) as [unknown, unknown];
    expect(BigInt(number as number)).toBe(digits);
    expect(kept).toBe(`${text} ${digits} NaN`);
    return undefined;
  },
);

holds('any bytes are a frame, if an unknown one', [fc.uint8Array({ maxLength: 64 })], (bytes) => {
  const frame = decodeFrame(bytes);
  if ('image' in frame) expect(frame.image.length).toBeLessThanOrEqual(bytes.length);
  return undefined;
});

holds(
  'frames with plausible heads',
  [fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 0xffffffff }), fc.uint8Array({ maxLength: 32 })],
  (event, second, rest) => {
    const bytes = Buffer.alloc(8 + rest.length);
    bytes.writeUInt32BE(event, 0);
    bytes.writeUInt32BE(second, 4);
    bytes.set(rest, 8);
    decodeFrame(bytes);
    return undefined;
  },
);

holds('previews and texts come back', [fc.uint8Array(), nasty], (image, word) => {
  const text = Buffer.from(word).toString('utf8');
  for (const frame of [encodePreview('image/png', image), encodePreviewWithMetadata({ node_id: text }, image)])
    expect(decodeFrame(new Uint8Array(frame))).toMatchObject({ kind: 'preview', image });
  expect(decodeFrame(encodeText('7', text))).toEqual({ kind: 'text', node: '7', text });
  return undefined;
});

const types = [
  'status',
  'execution_start',
  'executing',
  'progress',
  'progress_state',
  'executed',
  'execution_error',
  'execution_cached',
  'execution_success',
  'execution_interrupted',
];
holds(
  'any message is one of ours or `other`',
  [
    fc.oneof(
      nasty,
      fc.record({ type: fc.oneof(fc.constantFrom(...types), nasty), data: anyJson() }).map((m) => stringifyJson(m)),
    ),
  ],
  (text) => typeof parseMessage(text).type === 'string',
);

const shaped = (keys: readonly string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    anyJson(),
    fc.dictionary(fc.constantFrom(...keys), anyJson()),
    fc.dictionary(fc.constantFrom(...keys), fc.dictionary(fc.constantFrom(...keys), anyJson())),
  );
holds(
  'any body of an answer is read or is none',
  [
    shaped([
      'prompt_id',
      'node_errors',
      'outputs',
      'status',
      'messages',
      'queue_running',
      'queue_pending',
      'system',
      'devices',
      'id',
      'images',
      'workflow',
      'execution_error',
      'comfyui_version',
    ]),
  ],
  (body) => {
    const text = stringifyJson(body);
    parsePromptAnswer(text);
    parseJob(text);
    parseSystemStats(text);
    parseHistoryEntry(body, 'id');
    parseQueue(body);
    return undefined;
  },
);

const definitions = fc.dictionary(
  nasty,
  shaped(['input', 'required', 'optional', 'hidden', 'input_order', 'output', 'output_name', 'name']),
);

holds('any node definitions are read', [definitions], (body) => {
  for (const definition of Object.values(parseObjectInfo(body))) inputSpecs(definition);
  return undefined;
});

holds(
  'node definitions that are parsed one by one are those that are parsed at once, indented or not',
  [definitions, fc.constantFrom(undefined, 2)],
  (body, indent) => {
    const text = stringifyJson(body, indent);
    const members = membersOf(text) ?? [];
    expect(members.join().includes('\n')).toBe(false);
    const lazy = lazyDefinitions(members);
    const whole = parseObjectInfo(parseJson(text));
    expect(Object.keys(lazy).sort()).toEqual(Object.keys(body).sort());
    for (const [name, definition] of Object.entries(whole)) expect(lazy[name]).toEqual(definition);
    return undefined;
  },
);

holds(
  'node definitions that are cut off are none',
  [definitions, fc.double({ min: 0, max: 0.999, noNaN: true })],
  (body, share) => {
    const text = stringifyJson(body);
    expect(membersOf(text.slice(0, Math.floor(text.length * share)))).toBe(undefined);
    return undefined;
  },
);
