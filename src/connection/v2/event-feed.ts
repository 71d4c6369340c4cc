// The live messages of one job by its event stream (SSE): opened again when it breaks, done without where there is none.
import { messageOf } from '../failures.ts';
import { V2EventReader } from '../../protocol/v2.ts';
import type { MessageQueue } from '../message-queue.ts';
import { backoffMs, pause, retryAfterMs } from '../patience.ts';
import type { Feed } from '../server-api.ts';
import type { SocketMessage, SocketState } from '../socket.ts';
import type { Answer, Transport } from '../transport.ts';
import { sseEvents } from './sse.ts';

/** How often a stream that does not open is tried before the job is only polled. */
const attemptsBeforePolling = 3;

export class EventFeed implements Feed {
  readonly clientId = crypto.randomUUID();
  readonly queueRemaining = undefined;
  state: SocketState = 'connecting';
  readonly #transport: Transport;
  readonly #messages: MessageQueue<SocketMessage>;
  /** Where the events of a job are. */
  readonly #pathOf: (id: string) => string;
  readonly #stop = new AbortController();

  constructor(transport: Transport, messages: MessageQueue<SocketMessage>, pathOf: (id: string) => string) {
    this.#transport = transport;
    this.#messages = messages;
    this.#pathOf = pathOf;
  }

  follow(id: string): void {
    this.#read(id).catch(() => undefined); // ended by our own signal
  }

  [Symbol.dispose](): void {
    this.state = 'closed';
    this.#stop.abort();
  }

  async #read(id: string): Promise<void> {
    const reader = new V2EventReader(id);
    const { signal } = this.#stop;
    for (let tried = 0; ; tried++) {
      let waitMs = backoffMs(tried);
      const answer = await this.#open(id);
      if (answer?.status === 200) {
        tried = 0;
        this.#isOpen();
        await this.#take(answer, reader);
        if (reader.isOver) return;
      } else if (answer !== undefined) {
        await answer.body.dump();
        waitMs = retryAfterMs(answer.headers['retry-after']) ?? waitMs;
        // none is served here (404, 405, 501); of too many (429) one may become free
        if (answer.status !== 429 && answer.status < 500 && answer.status !== 408) return this.#isPolled();
        if (answer.status === 501) return this.#isPolled();
        if (answer.status === 429) this.#isPolled();
      }
      signal.throwIfAborted();
      if (this.state === 'open') this.#is('lost');
      if (tried + 1 >= attemptsBeforePolling) this.#isPolled();
      await pause(waitMs, signal);
    }
  }

  async #open(id: string): Promise<Answer | undefined> {
    const headers = { accept: 'text/event-stream' };
    try {
      return await this.#transport.once(this.#pathOf(id), { headers, signal: this.#stop.signal });
    } catch (error) {
      this.#stop.signal.throwIfAborted();
      this.#transport.options.trace?.(`events: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #take(answer: Answer, reader: V2EventReader): Promise<void> {
    try {
      for await (const { event, data } of sseEvents(answer.body))
        for (const one of reader.read(event, data)) this.#deliver(one);
    } catch (error) {
      this.#stop.signal.throwIfAborted();
      this.#transport.options.trace?.(`events: ${messageOf(error)}`);
    } finally {
      answer.body.destroy();
    }
  }

  /** The newest progress and preview take the place of ones that nobody has read yet. */
  #deliver(event: ReturnType<V2EventReader['read']>[number]): void {
    if (event.kind === 'frame') return this.#messages.push({ ...event, running: undefined }, 'preview');
    const { type } = event.message;
    this.#messages.push(event, type === 'progress' ? type : undefined);
  }

  #isOpen(): void {
    const wasAway = this.state === 'lost' || this.state === 'unavailable';
    this.state = 'open';
    if (wasAway) this.#messages.push({ kind: 'connection', state: 'restored' });
  }

  #is(state: 'lost'): void {
    this.state = state;
    this.#messages.push({ kind: 'connection', state });
  }

  #isPolled(): void {
    if (this.state === 'unavailable') return;
    this.state = 'unavailable';
    this.#messages.push({ kind: 'connection', state: 'polling' });
  }
}
