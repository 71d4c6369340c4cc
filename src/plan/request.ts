// A graph -> a job request: `--set`, `--force` and the check before anything is sent; the same for every command that makes jobs.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError } from '../errors.ts';
import type { About, JobRequest, OutputTarget } from '../jobs/job.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import { checkWorkflow, problemsToError } from '../workflow/check.ts';
import { parseAssignment, setInputs } from '../workflow/set.ts';
import { isLink, type Workflow } from '../workflow/workflow.ts';
import type { Session } from '../cli/context.ts';

/** A server that answered, and its node definitions. */
export type Met = { readonly server: Connection; info: ObjectInfo };

/** What is known of the server; absent in a dry run without one. Of several, the first that answered, and the rest. */
export type Known = (Met & { readonly pool?: MetPool | undefined }) | undefined;

export type MetPool = {
  readonly servers: readonly Connection[];
  /** Those that did not answer at first contact. */
  readonly lost: ReadonlySet<Connection>;
  /** Each server's definitions, asked for once. */
  readonly meet: (server: Connection) => Promise<Met>;
};

export type Planned = {
  readonly workflow: Workflow;
  readonly request: JobRequest;
  /** The server of a pool that it was planned for, and how it is planned for another. */
  readonly server?: Connection | undefined;
  readonly planFor?: ((known: Known) => Promise<Planned>) | undefined;
};

export type Draft = {
  readonly workflow: Workflow;
  readonly row: number;
  readonly target: OutputTarget | undefined;
  readonly about: About;
  readonly embed: unknown;
};

/** The graph with `--set` and `--force`. Throws `validation` for what the server would refuse. */
export function setAndCheck(session: Session, known: Known, workflow: Workflow): Workflow {
  const { set, force } = session.settings;
  const assignments = set.value.map(parseAssignment);
  const changed = assignments.length === 0 ? workflow : setInputs(workflow, assignments, known?.info);
  const checked = force.value ? anew(changed) : changed;
  const problems = known === undefined ? [] : checkWorkflow(checked, known.info);
  if (problems.length > 0) throw problemsToError(problems);
  return checked;
}

/** Definitions from the cache may be old: what they refuse is tried once more with the server's own. */
export async function withFreshDefinitions<T>(session: Session, known: Known, attempt: () => T): Promise<T> {
  try {
    return attempt();
  } catch (error) {
    const isOld = known !== undefined && known.server.definitionsAreCached;
    if (!isOld || !(error instanceof ComfyGenError) || error.code !== 'validation') throw error;
    known.info = await known.server.objectInfo(session.signal, { fresh: true });
    return attempt();
  }
}

export function toRequest({ settings: s }: Session, { workflow, row, target, about, embed }: Draft): JobRequest {
  return {
    workflow,
    embed,
    output: target,
    row,
    previews: s.previews.value,
    allowEmpty: s.allowEmpty.value,
    stallMs: s.stallTimeout.value,
    maxDownload: s.maxDownload.value,
    saveWorkflow: s.saveWorkflow.value,
    about,
  };
}

/** An input that no node has changes the cache key and nothing else (2.1): output nodes run again and write new files. */
function anew(workflow: Workflow): Workflow {
  const used = new Set(
    Object.values(workflow).flatMap((node) => Object.values(node.inputs).flatMap((v) => (isLink(v) ? [v[0]] : []))),
  );
  const nodes = Object.entries(workflow).map(([id, node]) => [
    id,
    used.has(id) ? node : { ...node, inputs: { ...node.inputs, comfy_gen_run: crypto.randomUUID() } },
  ]);
  return Object.fromEntries(nodes) as Workflow; // the same nodes under the same ids
}
