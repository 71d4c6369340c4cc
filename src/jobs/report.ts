// An error as `--json`, events and the library's results show it.
import type { ComfyGenError } from '../errors.ts';
import type { ErrorReport } from './job.ts';

export function errorReport(error: ComfyGenError): ErrorReport {
  const { code, reason, exit_code, message } = error;
  return { code, reason, exit_code, message, hint: error.hint ?? null, node_errors: error.node_errors ?? {} };
}
