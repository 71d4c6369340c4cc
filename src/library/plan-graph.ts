// An API graph that is to be sent as it is -> a job: checked against the server's definitions, nothing changed in it.
import { aboutNothing } from '../jobs/job.ts';
import { setAndCheck } from '../plan/checked.ts';
import type { PlannedJob } from '../plan/planned.ts';
import { withFreshDefinitions, type Contact } from '../plan/servers.ts';
import type { Note } from '../plan/spec.ts';
import { absentFiles } from '../plan/workflow-inputs.ts';
import type { ApiFile } from '../workflow/parse.ts';
import { heldValues } from '../workflow/apply-roles.ts';
import type { Problem } from '../workflow/problem.ts';
import type { Workflow } from '../workflow/workflow.ts';

type On = {
  readonly contact: Contact;
  /** Output nodes run again even if the server has their results. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly note: Note;
};

/** Throws `validation` for what the server would refuse. */
export async function planGraph(
  file: ApiFile,
  { contact, force, signal, note }: On,
): Promise<Omit<PlannedJob, 'name'>> {
  if (contact.infoError !== undefined && contact.infoError.reason !== 'not_offered')
    note(`${contact.infoError.message}: the workflow is sent unchecked`, 'warning');
  const missing = (sent: Workflow): Promise<readonly Problem[]> => absentFiles(sent, [], { contact, signal });
  const workflow = await withFreshDefinitions(contact, signal, () =>
    setAndCheck(file.workflow, { set: [], force, missing }, contact.info),
  );
  return {
    workflow,
    about: { ...aboutNothing, ...heldValues(workflow, contact.info) },
    uploads: [],
    embed: () => file.ui,
    extraData: file.extraData,
    queueing: file.queueing,
  };
}
