// Planned jobs as requests, for the engine: where their files go, and what holds for all of them.
import type { Connection } from '../connection/connection.ts';
import { parseTemplate } from '../files/name.ts';
import type { JobRequest, OutputTarget } from '../jobs/job.ts';
import { namedTwice } from '../plan/output.ts';
import { toRequest, type RequestOptions } from '../plan/planned.ts';
import type { Planner } from '../plan/planner.ts';
import type { Servers } from '../plan/servers.ts';
import { jobSettings } from '../plan/settings.ts';
import type { JobSpec, Note } from '../plan/spec.ts';

export type RequestsOf = {
  readonly planner: Planner;
  readonly servers: Servers;
  readonly target: OutputTarget | undefined;
  readonly options: RequestOptions;
};

/** How the engine plans a spec for a server. */
export function planRequest(
  of: RequestsOf,
): (spec: JobSpec, server: Connection, signal: AbortSignal, note?: Note) => Promise<JobRequest> {
  return async (spec, server, signal, note) => {
    checkName(spec, of.target);
    const contact = await of.servers.contact(server);
    const planned = await of.planner.plan(spec, { contact, signal, note });
    return toRequest(planned, spec.row, named(of.target, planned.name), of.options);
  };
}

/** Throws `bad_option` for a row that names its file where one name is given for all. */
export function checkName({ layers }: JobSpec, target: OutputTarget | undefined): void {
  if (target === undefined || target.kind === 'folder' || jobSettings(layers).name.layer?.source !== 'row') return;
  throw namedTwice(target.kind === 'file' ? target.path : '-');
}

/** A row may have a name template of its own. */
function named(target: OutputTarget | undefined, name: string): OutputTarget | undefined {
  return target?.kind === 'folder' ? { ...target, template: parseTemplate(name) } : target;
}
