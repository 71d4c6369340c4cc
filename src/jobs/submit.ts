// The POST, and the files that go before it: one job, never two. A lost answer becomes a look-up; a refusal becomes a sentence (protocol.md 2 and 12).
import type { Connection } from '../connection/connection.ts';
import { authError, isRefused } from '../connection/failures.ts';
import { backoffMs, pause, retryAfterMs, type TextAnswer } from '../connection/transport.ts';
import type { PromptBody } from '../connection/server-api.ts';
import { ComfyGenError } from '../errors.ts';
import { parsePromptAnswer } from '../protocol/http.ts';
import { explainNodeErrors } from '../workflow/explain.ts';
import { mapInputs, type Workflow } from '../workflow/workflow.ts';
import type { JobRequest } from './job.ts';
import { asksPreviews, type Submission } from './submission.ts';

/**
 * Local files that a graph names go to the server; the names that it answers take their places in the graph, and the
 * request comes back as it is sent. The connection knows what it has uploaded before: the same content goes once.
 */
export async function sendUploads(server: Connection, request: JobRequest, signal: AbortSignal): Promise<JobRequest> {
  const { uploads = [], workflow } = request;
  const names = new Map<string, string>();
  for (const { name, source } of uploads) names.set(name, await server.uploadOnce(name, name, source, signal));
  if ([...names].every(([wanted, given]) => wanted === given)) return request;
  const renamed = mapInputs(workflow, (value) => (typeof value === 'string' ? (names.get(value) ?? value) : value));
  return { ...request, workflow: renamed };
}

/**
 * Sends the job and sets the submission's id to the one in force. Throws when the server refuses or can't be reached.
 * Whoever must know of the job before the server does writes it down before calling this.
 */
export async function submit(submission: Submission, signal: AbortSignal): Promise<void> {
  const { server } = submission;
  const began = performance.now();
  let withId = true;
  for (let tried = 0; ; tried++) {
    let answer: TextAnswer | undefined;
    let failure: unknown;
    try {
      answer = await server.postPrompt(promptBody(submission, withId), signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof ComfyGenError && error.code !== 'unreachable') throw error;
      failure = error;
    }
    if (answer !== undefined && withId && isIdRefusal(answer)) {
      withId = false; // a server with its own idea of ids makes one itself
      continue;
    }
    if (answer !== undefined && settled(answer)) return accept(submission, answer, signal);
    const mayBeQueued = !(isRefused(failure) || answer?.status === 429);
    // without an id of ours nothing tells whether it arrived: never a second one on a guess
    if (mayBeQueued && !withId) throw finalFailure(submission, answer, failure);
    if (mayBeQueued && (await arrived(submission, signal))) return;
    const isPatient = performance.now() - began < server.waitForServerMs;
    if (tried >= server.retries && !isPatient) throw finalFailure(submission, answer, failure);
    await pause(retryAfterMs(answer?.headers['retry-after']) ?? backoffMs(tried), signal);
  }
}

function promptBody(submission: Submission, withId: boolean): PromptBody {
  const { request, feed, server } = submission;
  const ui = request.embed?.(request.workflow);
  return {
    prompt: titled(request.workflow),
    ...request.queueing,
    client_id: feed.clientId,
    ...(withId ? { prompt_id: submission.id } : {}),
    extra_data: {
      ...request.extraData,
      ...(server.partnerKey === undefined ? {} : { api_key_comfy_org: server.partnerKey }),
      ...(ui === undefined ? {} : { extra_pnginfo: { ...ownPngInfo(request.extraData), workflow: ui } }),
      preview_method: asksPreviews(request) ? 'auto' : 'none',
    },
  };
}

/** What the user's own body says of the files' metadata stays beside the workflow. */
function ownPngInfo(extraData: JobRequest['extraData']): object {
  const own = extraData?.['extra_pnginfo'];
  return typeof own === 'object' && own !== null ? own : {};
}

/** Every node with a `_meta` object: without one 0.33.0 answers some refusals with 500 (protocol.md 2.1). */
function titled(workflow: Workflow): Workflow {
  const nodes = Object.entries(workflow).map(([id, node]) => [
    id,
    node._meta === undefined ? { ...node, _meta: { title: node.class_type } } : node,
  ]);
  return Object.fromEntries(nodes) as Workflow; // the same nodes under the same ids
}

/** An answer that settles the matter: accepted or refused, not "broken" nor "later". */
function settled(answer: TextAnswer): boolean {
  if (answer.status === 200) return parsePromptAnswer(answer.text) !== undefined;
  return answer.status < 500 && answer.status !== 429;
}

function isIdRefusal(answer: TextAnswer): boolean {
  return answer.status === 400 && answer.text.includes('invalid_prompt_id');
}

async function accept(submission: Submission, answer: TextAnswer, signal: AbortSignal): Promise<void> {
  const { server, request } = submission;
  const auth = authError(answer.status, server.server);
  if (auth !== undefined) throw auth;
  if (answer.status === 413) throw server.transport.unexpected('/prompt', answer);
  const body = parsePromptAnswer(answer.text);
  if (answer.status !== 200 || body === undefined) {
    if (answer.status !== 400) throw server.transport.unexpected('/prompt', answer);
    if (answer.text.trim() === '')
      throw new ComfyGenError('rejected', `${server.server} answered /prompt with 400 and an empty body`, {
        hint: "a proxy before the server may have refused it; else look at the server's log",
      });
    throw explainNodeErrors(request.workflow, answer.text, server.server, request.setBy?.());
  }
  submission.id = body.prompt_id ?? submission.id;
  if (Object.keys(body.node_errors).length > 0) {
    await server.cancel(submission.id, signal); // half a graph was accepted: take it off again
    throw explainNodeErrors(request.workflow, answer.text, server.server, request.setBy?.());
  }
}

/** Did a POST whose answer was lost arrive? Asked twice before it may be sent again under the same id. */
async function arrived(submission: Submission, signal: AbortSignal): Promise<boolean> {
  for (let look = 0; look < 2; look++) {
    if (look > 0) await pause(500, signal);
    const found = await submission.server.lookUp(submission.id, signal);
    if (found.state === 'absent') continue;
    submission.id = found.id ?? submission.id;
    return true;
  }
  return false;
}

function finalFailure(submission: Submission, answer: TextAnswer | undefined, failure: unknown): ComfyGenError {
  const { transport, server } = submission.server;
  if (answer === undefined) return transport.explain(failure, '/prompt');
  if (answer.status === 200)
    return new ComfyGenError('not_comfyui', `${server} answered /prompt with something that is no answer of ComfyUI`);
  return transport.unexpected('/prompt', answer);
}
