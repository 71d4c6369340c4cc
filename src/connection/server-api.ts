// What a connection needs of a server's API, in one type: ComfyUI's own routes, or Comfy API v2. Who sends jobs does not know which.
import type { OutputRef, PastEntry, Queue, SystemStats } from '../protocol/http.ts';
import type { UploadProgress, UploadSource } from './body.ts';
import type { CoreRoutes } from './core-routes.ts';
import type { MessageQueue } from './message-queue.ts';
import type { ApiName, JobState } from './options.ts';
import type { SocketMessage, SocketState, WantedImages } from './socket.ts';
import type { Answer, TextAnswer } from './transport.ts';

/** The live messages of one job: a hint, never the truth. Dispose of it when nobody reads them any more. */
export type Feed = Disposable & {
  /** What ComfyUI calls our end; each job is sent under it. */
  readonly clientId: string;
  readonly state: SocketState;
  /** Jobs of everybody on the server, where it tells. */
  readonly queueRemaining: number | undefined;
  /** The job is on the server under this id: its messages are wanted. */
  readonly follow: (id: string) => void;
};

export type FeedOptions = {
  readonly previews: boolean;
  readonly images: WantedImages;
  /** How long to wait until it brings messages; it goes on without them. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
};

/** A job as ComfyUI's `POST /prompt` takes it. */
export type PromptBody = {
  readonly prompt: Readonly<Record<string, unknown>>;
  /** Ours; absent for a server that gives its own. */
  readonly prompt_id?: string;
  readonly client_id?: string;
  readonly extra_data?: Readonly<Record<string, unknown>>;
  readonly front?: boolean;
  readonly number?: number;
  readonly partial_execution_targets?: readonly string[];
};

/** What the asker has heard of the job: it decides what is asked first. */
export type KnownState = { readonly isOver: boolean };

export type ServerApi = AsyncDisposable & {
  readonly name: ApiName;
  readonly stats: SystemStats;
  /** ComfyUI's own routes: definitions, file lists, templates. Undefined where there are none. */
  readonly core: (signal?: AbortSignal) => Promise<CoreRoutes | undefined>;
  readonly feed: (messages: MessageQueue<SocketMessage>, options: FeedOptions) => Promise<Feed>;
  /** One POST, never repeated here. The answer is in the words of `POST /prompt`, whoever gave it. */
  readonly postPrompt: (body: PromptBody, signal?: AbortSignal) => Promise<TextAnswer>;
  readonly lookUp: (id: string, signal?: AbortSignal, known?: KnownState) => Promise<JobState>;
  readonly queue: (signal?: AbortSignal) => Promise<Queue>;
  /** The jobs that are over, the newest last. */
  readonly history: (signal?: AbortSignal) => Promise<readonly PastEntry[]>;
  /** The graph that a job was sent with, as it came; undefined when the server does not tell. */
  readonly graphOf: (id: string, signal?: AbortSignal) => Promise<unknown>;
  readonly cancel: (id: string, signal?: AbortSignal) => Promise<void>;
  readonly view: (output: OutputRef, offset: number, signal?: AbortSignal) => Promise<Answer>;
  readonly upload: (
    name: string,
    source: UploadSource,
    signal?: AbortSignal,
    progress?: UploadProgress,
  ) => Promise<string>;
  /** The cheapest request that shows how quickly it answers. */
  readonly ping: (signal?: AbortSignal) => Promise<TextAnswer>;
};
