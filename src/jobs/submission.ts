// One submission of a job: its id, its messages, its clock. A job that is sent again gets a new submission.
import type { Connection } from '../connection/connection.ts';
import { MessageQueue } from '../connection/message-queue.ts';
import type { Feed } from '../connection/server-api.ts';
import type { SocketMessage } from '../connection/socket.ts';
import type { Stamp } from './events.ts';
import type { JobRequest } from './job.ts';
import { hasSender } from './socket-images.ts';

export type Submission = Disposable & {
  /** The id in force: ours, or the one that the server answered with. */
  id: string;
  readonly server: Connection;
  readonly request: JobRequest;
  /** Its live messages arrive in `messages`. */
  readonly feed: Feed;
  readonly messages: MessageQueue<SocketMessage>;
  /** By the monotonic clock, in ms. */
  readonly submittedAt: number;
  startedAt: number | undefined;
  endedAt: number | undefined;
};

/** Opens the feed before anything is sent: messages are never replayed (protocol.md 15). */
export async function newSubmission(server: Connection, request: JobRequest, signal: AbortSignal): Promise<Submission> {
  const messages = new MessageQueue<SocketMessage>();
  const previews = asksPreviews(request);
  const images = hasSender(request.workflow) ? 'every' : previews ? 'newest' : 'none';
  const feed = await server.feed(messages, {
    previews,
    images,
    waitMs: feedPatienceMs,
    signal,
  });
  return {
    id: request.attach ?? request.newId?.() ?? crypto.randomUUID(),
    server,
    request,
    feed,
    messages,
    submittedAt: performance.now(),
    startedAt: undefined,
    endedAt: undefined,
    [Symbol.dispose]: () => feed[Symbol.dispose](),
  };
}

/** How long a submission waits for the feed's first message before it goes on by polling. */
const feedPatienceMs = 2500;

/** An event with what every event carries. */
export function stamp<T extends object>(row: number, promptId: string | null, news: T): Stamp & T {
  return { v: 1, row, prompt_id: promptId, at: Date.now(), ...news };
}

/** Does anybody want previews of this job? They cost the server 36 KB a step. */
export const asksPreviews = ({ previews, previewFile }: JobRequest): boolean =>
  previews === true || previewFile !== undefined;
