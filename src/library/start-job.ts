// From a call to the job that it starts, and the questions that start none: signals, time limits, errors, in one place.
import type { Connection } from '../connection/connection.ts';
import { abortError, ComfyGenError, toComfyGenError } from '../errors.ts';
import { DrivenJob, type BeforeEnd } from '../jobs/driven-job.ts';
import type { Job } from '../jobs/handle.ts';
import type { JobRequest } from '../jobs/job.ts';
import { linkedSignal } from '../jobs/linked-signal.ts';
import type { Layer } from '../options/resolve.ts';
import { definitionsOf } from '../plan/servers.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { startGallery, type CallGallery } from './call-gallery.ts';
import { callRun, type CallRun } from './call.ts';
import type { SharedContact } from './shared-contact.ts';

/** A client's server, and what is known of it. */
export type Line = { readonly server: Connection; readonly contact: SharedContact };

/** Makes the request of a call; sends nothing. */
export type RequestFor = (how: CallRun, signal: AbortSignal) => Promise<JobRequest>;

/**
 * Makes the request and follows its job; resolves once the server accepted it. The time limit and the caller's signal hold
 * from here to the job's end.
 */
export async function startJob(
  { server, contact }: Line,
  layer: Layer,
  outer: AbortSignal | undefined,
  requestFor: RequestFor,
): Promise<Job> {
  const how = await callRun(layer);
  const link = linkedSignal(outer, how.timeoutMs);
  let job: DrivenJob;
  try {
    link.signal.throwIfAborted();
    const request = await requestFor(how, link.signal);
    job = new DrivenJob(server, request, link, how.gallery && withGallery(how.gallery, contact, link.signal));
  } catch (error) {
    link[Symbol.dispose]();
    throw explained(error, link.signal);
  }
  try {
    return await job.accepted();
  } catch (error) {
    contact.forget(); // the server refused what its definitions allowed: they may be old
    throw error;
  }
}

/** The page and the sheet of the one job. */
function withGallery(wanted: CallGallery, contact: SharedContact, signal: AbortSignal): BeforeEnd {
  const definitions = async (): Promise<ObjectInfo> => definitionsOf((await contact.get(signal)).contact);
  return async (end, note) => {
    const gallery = await startGallery(wanted, { definitions, signal });
    gallery.take(end);
    await gallery.finish(note);
  };
}

/** A question to the server: an aborted signal is `cancelled`. */
export async function ask<T>(
  outer: AbortSignal | undefined,
  question: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  using linked = linkedSignal(outer);
  try {
    linked.signal.throwIfAborted();
    return await question(linked.signal);
  } catch (error) {
    throw explained(error, linked.signal);
  }
}

const explained = (error: unknown, signal: AbortSignal): ComfyGenError =>
  signal.aborted ? abortError(signal) : toComfyGenError(error);
