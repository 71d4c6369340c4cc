// How a refusal is told: an error of the whole prompt, or of one input of one node (section 2.3).

export type PromptError = {
  readonly type: string;
  readonly message: string;
  readonly details: string;
  readonly extra_info: Readonly<Record<string, unknown>>;
};
export type NodeReport = { errors: readonly PromptError[]; dependent_outputs: string[]; class_type: string };

/** Thrown where the real server falls over its own feet: the client sees a bare 500. */
export class ServerTrouble extends Error {}

export function promptError(
  type: string,
  message: string,
  details = '',
  extra_info: Readonly<Record<string, unknown>> = {},
): PromptError {
  return { type, message, details, extra_info };
}
