// Server-sent events out of the bytes of an answer: names and data, comments left out.
export type SseEvent = { readonly event: string; readonly data: string };

/** A preview is the largest thing that comes; what is larger is no event of ours. */
const maxBytes = 32 * 1024 * 1024;

/** Ends with the body; throws when it breaks, or when an event is too large. */
export async function* sseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    if (rest.length > maxBytes) throw new Error('an event of more than 32 MiB');
    if (!/[\r\n]/.test(rest)) continue;
    const parts = rest.split(/\r\n\r\n|\n\n|\r\r/);
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const event = readEvent(part);
      if (event !== undefined) yield event;
    }
  }
}

function readEvent(part: string): SseEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of part.split(/\r\n|\n|\r/)) {
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}
