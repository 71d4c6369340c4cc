// A server's refusal in our words: from `node_errors`, never from `error.details`, which is often empty (protocol.md 2.3).
import { ComfyGenError, optionName } from '../errors.ts';
import { tryParseJson } from '../protocol/json.ts';
import { isModelInput, offer, rangeText, shown } from './check-literal.ts';
import { closest } from '../text/closest.ts';
import { describeCycle, findCycle } from './cycle.ts';
import { problemsToError, type Problem, type SetBy } from './problem.ts';
import { isLink, titleOf, type Workflow } from './workflow.ts';

type Facts = Readonly<Record<string, unknown>>;
type Make = (reason: Problem['reason'], message: string, hint?: string) => Problem[];

/** The body of a 400, or of a 200 with `node_errors`, as one error of kind `validation`. `setBy`: what set the inputs. */
export function explainNodeErrors(
  workflow: Workflow,
  body: string,
  server: string,
  setBy: readonly SetBy[] = [],
): ComfyGenError {
  const answer = record(tryParseJson(body));
  const error = record(answer['error']);
  const type = text(error['type']);
  const info = record(error['extra_info']);
  if (type === 'missing_node_type' || type === 'invalid_prompt') return missingNode(workflow, error, info, server);
  if (type === 'prompt_no_outputs')
    return new ComfyGenError('invalid_workflow', 'no node of this workflow makes an output', {
      hint: 'add a SaveImage or PreviewImage',
    });
  const nodes = record(answer['node_errors']);
  const all = Object.entries(nodes).flatMap(([id, entry]) => nodeProblems(workflow, id, record(entry)));
  const problems = withoutRepeats(all);
  if (problems.length === 0) return unexplained(workflow, answer, nodes, server);
  const told = problemsToError(problems, setBy);
  const { message, hint } = told.inWords(optionName);
  return new ComfyGenError(told.reason, message, { hint, node_errors: nodes });
}

/** 0.3.64 refuses a cycle with an empty report. */
function unexplained(workflow: Workflow, answer: Facts, nodes: Facts, server: string): ComfyGenError {
  const error = record(answer['error']);
  const cycle = findCycle(workflow, Object.keys(workflow));
  if (text(error['type']) === 'prompt_outputs_failed_validation' && cycle !== undefined)
    return new ComfyGenError('invalid_workflow', describeCycle(cycle), {
      node_errors: nodes,
    });
  const reason = typeof answer['error'] === 'string' ? answer['error'] : messageOf(error);
  const why = reason === '' ? ' without a reason' : `: ${reason.slice(0, 500)}`;
  return new ComfyGenError('rejected', `${server} refused the workflow${why}`, { node_errors: nodes });
}

const circle = 'the links go round in a circle:';

const loop = 'the loop ';

/** A circle, and a broken loop, is shown once, though every node of it reports it. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const isShared = ({ message }: Problem): boolean => message.startsWith(circle) || message.startsWith(loop);
  const keyOf = ({ message }: Problem): string => (message.startsWith(circle) ? circle : message);
  const seen = new Set<string>();
  return problems.filter((problem) => {
    if (!isShared(problem)) return true;
    const isFirst = !seen.has(keyOf(problem));
    seen.add(keyOf(problem));
    return isFirst;
  });
}

function missingNode(workflow: Workflow, error: Facts, info: Facts, server: string): ComfyGenError {
  const id = text(info['node_id']) || (/#(\S+?)'?$/.exec(text(error['details']))?.[1] ?? '');
  const name = text(info['class_type']) || workflow[id]?.class_type || '';
  if (name === '') return new ComfyGenError('invalid_workflow', `node #${id} has no class_type`);
  const title = titleOf(workflow, id);
  const called = title === name || title === id ? '' : ` "${title}"`;
  return new ComfyGenError('missing_node', `${server} has no node ${name} (#${id}${called})`);
}

function nodeProblems(workflow: Workflow, id: string, entry: Facts): Problem[] {
  const node = {
    node: id,
    title: titleOf(workflow, id),
    class_type: text(entry['class_type']) || (workflow[id]?.class_type ?? ''),
  };
  const errors = Array.isArray(entry['errors']) ? entry['errors'].map(record) : [];
  return errors.flatMap((error): Problem[] => {
    const info = record(error['extra_info']);
    const input = text(info['input_name']) || undefined;
    const make = (reason: Problem['reason'], message: string, hint?: string): Problem[] => [
      { ...node, input, reason, message, hint },
    ];
    const sent = shown(info['received_value']);
    switch (text(error['type'])) {
      case 'required_input_missing':
        return make('invalid_workflow', `\`${input ?? '?'}\` is not set`);
      case 'bad_linked_input':
        return make(
          'invalid_workflow',
          `\`${input ?? '?'}\` is ${sent}, which is no link`,
          'a literal array is written {"__value__": […]}',
        );
      case 'return_type_mismatch':
        return make('invalid_workflow', `\`${input ?? '?'}\` ${mismatch(workflow, info)}`);
      case 'invalid_input_type':
        return make('invalid_value', `\`${input ?? '?'}\` is ${sent}, which cannot be read as ${typeOf(info)}`);
      case 'value_smaller_than_min':
      case 'value_bigger_than_max':
        return make('invalid_value', `\`${input ?? '?'}\` is ${sent}: ${rangeOf(info) ?? text(error['message'])}`);
      case 'value_not_in_list':
        return notInList(make, input, info);
      case 'custom_validation_failed': {
        if (input === 'loop boundary') return make('invalid_workflow', loopText(error, info));
        const details = text(error['details']).replace(/^.*? - /s, '');
        return make(
          'invalid_value',
          input === undefined ? details : `\`${input}\`: ${details}`,
          /^Invalid \w+ file/.test(details) ? 'upload the file first' : undefined,
        );
      }
      case 'invalid_dynamic_input':
        return make('invalid_workflow', `\`${input ?? '?'}\`: ${messageOf(error)}`, rowHint(input));
      case 'dependency_cycle':
        return make('invalid_workflow', `${circle} ${text(error['details']).slice(0, 500)}`);
      case 'exception_during_validation':
      case 'exception_during_inner_validation':
        return make(
          'invalid_workflow',
          badLink(workflow, id, text(error['details'])) ??
            `the server failed while checking it: ${text(error['details'])}`,
        );
      default:
        return make('invalid_value', messageOf(error) || text(error['type']));
    }
  });
}

/** `the loop of nodes 3, 5: …`; the kind of trouble stands in for a reason that is not given. */
function loopText(error: Facts, info: Facts): string {
  const nodes = Array.isArray(info['node_ids']) ? (info['node_ids'] as unknown[]).slice(0, 20) : [];
  const why = text(error['details']).replace(/^loop boundary - /, '') || text(info['loop_error_type']);
  return `${loop}of nodes ${nodes.map(String).join(', ')}: ${why.slice(0, 500)}`;
}

/** The server names a group of rows, or an input that is none of its rows'. */
function rowHint(input: string | undefined): string | undefined {
  const group = input?.split('.')[0];
  return group === undefined
    ? undefined
    : `its rows are ${group}.0.<input>, ${group}.1.<input>, … up to their greatest number`;
}

function messageOf(error: Facts): string {
  return [...new Set([text(error['message']), text(error['details'])])].filter((t) => t !== '').join(': ');
}

/** What a link gives and what its input wants. */
function mismatch(workflow: Workflow, info: Facts): string {
  const [from, slot] = Array.isArray(info['linked_node']) ? (info['linked_node'] as unknown[]) : [];
  const source = `${String(from)} (${workflow[String(from)]?.class_type ?? '?'})`;
  return `wants ${typeOf(info)}, but output ${shown(slot)} of ${source} is ${shown(info['received_type']).replaceAll('"', '')}`;
}

function notInList(make: Make, input: string | undefined, info: Facts): Problem[] {
  const config = Array.isArray(info['input_config']) ? (info['input_config'] as unknown[]) : [];
  const listed = Array.isArray(config[0]) ? config[0] : record(config[1])['options'];
  const choices = Array.isArray(listed) ? (listed as unknown[]) : undefined; // absent when there are more than 20
  const names = (choices ?? []).filter((n): n is string => typeof n === 'string');
  const value = info['received_value'];
  const reason = isModelInput(input ?? '', value, names) ? 'missing_model' : 'invalid_value';
  const what = `\`${input ?? '?'}\` is ${shown(value)}`;
  if (choices?.length === 0)
    return make(
      reason,
      `${what}, but the server has no files of this kind`,
      'put the file into its models folder on the server',
    );
  const suggestions = typeof value === 'string' ? closest(value, names) : [];
  const hint = offer(suggestions, choices ?? []) ?? listHint(input ?? '');
  return make(reason, `${what}, which the server does not have`, hint);
}

/** Which command lists what the server left out for being more than 20. */
function listHint(input: string): string | undefined {
  const kind = Object.entries(kinds).find(([name]) => input === name)?.[1];
  return kind === undefined ? undefined : `see \`comfy-gen list ${kind}\``;
}

const kinds: Readonly<Record<string, string>> = {
  sampler_name: 'samplers',
  scheduler: 'schedulers',
  ckpt_name: 'checkpoints',
  lora_name: 'loras',
  vae_name: 'vaes',
  control_net_name: 'controlnets',
  model_name: 'upscalers',
};

/** The server names the consumer's input, its message is Python's; the bad link is one of this node's own (protocol.md 2.3). */
function badLink(workflow: Workflow, id: string, details: string): string | undefined {
  const inputs: unknown = workflow[id]?.inputs;
  if (typeof inputs !== 'object' || inputs === null || details === "'inputs'")
    return 'it, or a node before it, has no inputs';
  for (const [name, value] of Object.entries(inputs)) {
    if (!Array.isArray(value) || value.length !== 2) continue;
    const [from, slot] = value as unknown[];
    if (typeof from === 'number')
      return `\`${name}\` is ${shown(value)}: the id in a link must be text, ["${from}", ${shown(slot)}]`;
    if (typeof from !== 'string' || !Object.hasOwn(workflow, from))
      return `\`${name}\` is linked to node ${shown(from).replaceAll('"', '')}, which is not there`;
  }
  return /index out of range/.test(details)
    ? `one of its links names an output that is not there: ${linksOf(inputs)}`
    : undefined;
}

function linksOf(inputs: object): string {
  const links = Object.entries(inputs).filter(([, value]) => isLink(value));
  return links.map(([name, value]) => `\`${name}\` ${shown(value)}`).join(', ');
}

function typeOf(info: Facts): string {
  const config = info['input_config'];
  return Array.isArray(config) && typeof config[0] === 'string' ? config[0] : 'its type';
}

function rangeOf(info: Facts): string | undefined {
  const config = Array.isArray(info['input_config']) ? record((info['input_config'] as unknown[])[1]) : {};
  const { min, max } = config;
  return min === undefined && max === undefined ? undefined : `the server takes ${rangeText(min, max)}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
function record(value: unknown): Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Facts) : {};
}
