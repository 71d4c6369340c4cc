// How a job ended, by the server's record: nothing for success, else the error that says what happened.
import { ComfyGenError } from '../errors.ts';
import type { HistoryEntry, OutputText } from '../protocol/http.ts';
import { isLink, titleOf, type Workflow } from '../workflow/workflow.ts';

/** The last frames tell; a server may send megabytes of them. */
const maxTraceback = 16_384;

/** The terminal message decides first, `status_str` second (section 4). */
export function explainEnd(workflow: Workflow, entry: HistoryEntry, server: string): ComfyGenError | undefined {
  const { terminal } = entry;
  if (terminal?.type === 'execution_interrupted') {
    return new ComfyGenError('interrupted', `the job was interrupted on ${server} by somebody else`);
  }
  if (terminal?.type === 'execution_error') {
    const what = firstLine(terminal.exception_message);
    const node = terminal.node_id;
    const where = node === undefined ? '' : `node ${node} (${titleOf(workflow, node)}): `;
    const cause = new Error(terminal.traceback.join('').slice(-maxTraceback));
    if (/OutOfMemory/i.test(terminal.exception_type))
      return new ComfyGenError('out_of_memory', `${where}out of memory: ${what}`, { cause });
    const type = terminal.exception_type === '' ? '' : `${terminal.exception_type}: `;
    return new ComfyGenError('node_failed', `${where}${type}${what}`, { cause });
  }
  if (terminal?.type === 'execution_success' || entry.status === 'success') return undefined;
  if (entry.status === 'cancelled')
    return new ComfyGenError('interrupted', `the job was cancelled on ${server} by somebody else`);
  if (entry.status === 'error')
    return new ComfyGenError('node_failed', `the job failed on ${server}, which gave no reason`);
  return undefined;
}

/** Was nothing found of what words name as the mask? A text of the job lists where SAM 3 found it, by image: `[[]]`. */
export function foundNothing(workflow: Workflow, texts: readonly OutputText[]): boolean {
  return texts.some(({ node, text }) => {
    const shown = workflow[node];
    const [source, slot] = shown?.class_type === 'PreviewAny' && isLink(shown.inputs['source']) ? shown.inputs['source'] : []; // prettier-ignore
    const isList = source !== undefined && slot === 1 && workflow[source]?.class_type === 'SAM3_Detect';
    return isList && /^[[\],\s]*$/.test(text);
  });
}

function firstLine(text: string): string {
  const lines = text
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '');
  return (lines[0] ?? 'no message').slice(0, 500);
}
