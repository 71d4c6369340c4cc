// Links that the pack "Use Everywhere" makes in the browser only: `extra.ue_links` tells them.
import { isRecord } from '../protocol/json.ts';
import { fits } from './bypass.ts';
import { bypassed, idOf, list, muted, type UiGraph, type UiInput, type UiNode } from './ui-graph.ts';

const sendingTypes = new Set([
  ...['Anything Everywhere', 'Anything Everywhere?', 'Anything Everywhere3', 'Prompts Everywhere', 'Seed Everywhere'],
]);

/** Nodes of the pack that send to others without a link. */
function sendsEverywhere(type: string): boolean {
  return sendingTypes.has(type);
}

/** Connects the inputs that the pack connects. Warns of links without an end, and of nodes whose links the file does not hold. */
export function applyUeLinks(graph: UiGraph, extra: unknown, warnings: string[]): void {
  const links = isRecord(extra) ? list(extra['ue_links']) : [];
  const where = graph.name === '' ? '' : ` of subgraph "${graph.name}"`;
  for (const link of links) if (isRecord(link)) applyLink(graph, link, where, warnings);
  const senders = [...graph.nodes.values()].filter(isActiveSender);
  if (links.length > 0 || senders.length === 0) return;
  const nodes = senders.slice(0, 5).map((node) => `node ${node.id} (${node.type})`);
  const more = senders.length > 5 ? ` and ${senders.length - 5} more` : '';
  warnings.push(
    `${nodes.join(', ')}${more}${where}: its links exist in the web UI only and are not in this file: connect those inputs by hand there, or save the file with a current version of Use Everywhere`,
  );
}

function isActiveSender(node: UiNode): boolean {
  const isOff = node.mode === muted || node.mode === bypassed;
  return sendsEverywhere(node.type) && !isOff && node.inputs.some((input) => input.source !== undefined);
}

function applyLink(graph: UiGraph, link: Record<string, unknown>, where: string, warnings: string[]): void {
  const [from, to] = [idIn(graph, link['upstream']), idIn(graph, link['downstream'])];
  const fromSlot = link['upstream_slot'];
  const target = graph.nodes.get(to ?? '');
  const input = target && inputFor(target, link);
  const isKnown = from !== undefined && graph.nodes.has(from) && Number.isSafeInteger(fromSlot);
  if (input === undefined || !isKnown) {
    const ends = `${String(idOf(link['upstream']))} to ${String(idOf(link['downstream']))}`;
    warnings.push(`a link of "Use Everywhere"${where} from node ${ends} leads nowhere in this file: left out`);
  } else if (input.source === undefined) input.source = { node: from, slot: Number(fromSlot) };
}

function idIn(graph: UiGraph, id: unknown): string | undefined {
  const own = idOf(id);
  return own === undefined ? undefined : (graph.renamed.get(own) ?? own);
}

/** The input at the stored slot, or the only free one of that type: slots move when a file is exported. */
function inputFor(node: UiNode, link: Record<string, unknown>): UiInput | undefined {
  const type = typeof link['type'] === 'string' ? link['type'] : '*';
  const stored = node.inputs[Number(link['downstream_slot'])];
  if (stored !== undefined && fits(stored.type, type)) return stored;
  const alike = node.inputs.filter((input) => input.source === undefined && fits(input.type, type));
  return alike.length === 1 ? alike[0] : undefined;
}
