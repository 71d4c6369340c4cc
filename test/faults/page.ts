// The table of faults as docs/reliability.md prints it, between the page's two markers.
import type { Row } from './bench.ts';
import { table } from './table.ts';

const start = '<!-- faults:start -->';
const end = '<!-- faults:end -->';

/** The page with the table as it is now. */
export function withTable(page: string): string {
  const [head, rest] = page.split(start);
  const tail = rest?.split(end)[1];
  if (head === undefined || tail === undefined) throw new Error(`the page lacks ${start} or ${end}`);
  return `${head}${start}\n${table.map(group).join('\n')}\n${end}${tail}`;
}

function group([title, rows]: readonly [string, readonly Row[]]): string {
  const known = rows.some((row) => row.peers !== undefined);
  const columns = ['fault', 'what comfy-gen promises and does', 'exit code', ...(known ? names : [])];
  const lines = rows.map((row) => cells([row.fault, row.does, String(row.code), ...(known ? others(row) : [])]));
  return [`### ${title}`, '', cells(columns), cells(columns.map(() => '---')), ...lines, ''].join('\n');
}

const names = ['comfy-cli', '@saintno/comfyui-sdk', 'comfyui-cli'];

function others({ peers = {} }: Row): string[] {
  return [peers.comfyCli ?? '', peers.saintno ?? '', peers.comfyuiCli ?? ''];
}

function cells(texts: readonly string[]): string {
  return `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
}
