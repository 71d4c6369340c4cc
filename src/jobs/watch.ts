// What the monitor of a job knows; the messages change it, the polls decide by it.
import { collectOutputs, collectTexts, type OutputRef, type OutputText } from '../protocol/http.ts';
import type { ServerMessage } from '../protocol/messages.ts';
import { outputKey } from './job.ts';
import { ProgressMeter } from './progress.ts';
import type { Submission } from './submission.ts';

export type Watch = {
  readonly submission: Submission;
  /** All times are of the monotonic clock: the wall clock may jump. */
  readonly began: number;
  readonly meter: ProgressMeter;
  queued: number | undefined;
  started: boolean;
  ran: boolean;
  /** The node that runs, as far as the socket tells. */
  node: string | undefined;
  /** The last `activity` event, so that it is not told again. */
  activity: string;
  /** Outputs that came over the socket. */
  images: OutputRef[];
  over: ServerMessage | undefined;
  /** The socket said that it runs no more. */
  isOver: boolean;
  outputs: OutputRef[];
  texts: OutputText[];
  /** Told of each result that a node says it has. */
  readonly announced: Announced;
  nextPoll: number;
  pollGap: number;
  absentSince: number | undefined;
  /** A request or the socket failed since the submission: the server may have been away. */
  wasAway: boolean;
  /** Requests that had not reached the server when this began. */
  readonly failures: number;
  /** The last `connection` event said so. */
  lost: boolean;
  lastSign: number;
  lastStep: number;
  lastFingerprint: string;
  /** No sign of life for so long is worth a warning; the next one comes after twice as long. */
  quietMs: number;
};

export type Announced = (outputs: readonly OutputRef[]) => void;

export function newWatch(submission: Submission, now: number, announced: Announced): Watch {
  return {
    submission,
    began: now,
    meter: new ProgressMeter(submission.request.workflow, now),
    queued: undefined,
    started: false,
    ran: false,
    node: undefined,
    activity: '',
    images: [],
    over: undefined,
    isOver: false,
    outputs: [],
    texts: [],
    announced,
    nextPoll: now + (submission.feed.state === 'open' ? 400 : 0),
    pollGap: 100,
    absentSince: undefined,
    wasAway: false,
    failures: submission.server.failures,
    lost: false,
    lastSign: now,
    lastStep: now,
    lastFingerprint: '',
    quietMs: 60_000,
  };
}

/** A message may come twice; what it tells of is there once. */
export function keepResults(watch: Watch, results: Readonly<Record<string, unknown>>): void {
  const { outputs, texts } = watch;
  const told = collectOutputs(results);
  watch.announced(told);
  for (const output of told) if (!outputs.some((known) => outputKey(known) === outputKey(output))) outputs.push(output);
  for (const one of collectTexts(results))
    if (!texts.some(({ node, text }) => node === one.node && text === one.text)) texts.push(one);
}
