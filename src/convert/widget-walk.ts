// What is gathered while the stored values of one node are given to its widgets.
import type { InputSpec } from '../protocol/object-info.ts';
import { isNested, mostRows, rowSpecs, type RowGroup } from '../workflow/row-groups.ts';
import { isNumber } from './shown.ts';

export type Widget = { readonly spec: InputSpec; readonly value: unknown };

/** What the definitions leave open about a file; `choose-reading.ts` finds out by the number of values. */
export type Reading = {
  /** Very old files hold a value for each forced input too. */
  readonly forcedInputsStore: boolean;
  /** Older web UIs wrote null for widgets that only show something. */
  readonly viewsStore: boolean;
  /** Inputs of a type that is not the web UI's own, but a widget in this file. */
  readonly packWidgets: ReadonlySet<string>;
};

export type WidgetWalk = {
  readonly values: readonly unknown[];
  readonly reading: Reading;
  /** The next value that belongs to nobody yet. */
  at: number;
  /** How many values the widgets found wanting. */
  lacking: number;
  readonly widgets: Map<string, Widget>;
  readonly sockets: Set<string>;
  /** Inputs that bring others along, under their own name and a dot. */
  readonly parents: string[];
  readonly warnings: string[];
  /** Why the values cannot be placed with certainty. */
  readonly problems: string[];
};

export function startWalk(values: readonly unknown[], reading: Reading): WidgetWalk {
  return {
    values,
    reading,
    at: 0,
    lacking: 0,
    widgets: new Map(),
    sockets: new Set(),
    parents: [],
    warnings: [],
    problems: [],
  };
}

/** Sockets of options and rows that are not there do not exist; everything the definition does not know does, as in the UI. */
export function hasSocket(walk: WidgetWalk, name: string): boolean {
  const belongs = walk.parents.some((parent) => name.startsWith(`${parent}.`));
  if (!belongs || walk.widgets.has(name) || walk.sockets.has(name)) return true;
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    if (walk.sockets.has(name.slice(0, dot))) return true; // a member of a growing group
  }
  return false;
}

/** Gives each row of `group` its fields by `readFields`; more rows than `stored` values could fill are a problem instead. */
export function readRows(
  walk: WidgetWalk,
  group: RowGroup,
  count: number,
  stored: number,
  readFields: (fields: readonly InputSpec[]) => void,
): void {
  if (count > Math.max(group.max, stored) || count > mostRows) {
    walk.problems.push(
      `${group.name} has ${count} rows, more than the ${group.max} that are allowed and than are stored`,
    );
    return;
  }
  for (let row = 0; row < count; row++) {
    const fields = rowSpecs(group, row);
    for (const nested of fields.filter(isNested)) walk.sockets.add(nested.name);
    readFields(fields.filter((field) => !isNested(field)));
  }
}

/** How many rows a stored number means: fractions are cut, what is no number is none; at least `min`. */
export function rowCount(stored: unknown, min: number): number {
  const count = isNumber(stored) ? Math.trunc(Number(stored)) : 0;
  return Math.max(Number.isNaN(count) ? 0 : count, min);
}
