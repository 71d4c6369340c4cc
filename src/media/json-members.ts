// The members of a JSON object as they stand in its text. Not a parser: this room imports none, graphs leave it as text with
// every digit and Python's NaN, and other programs' parameters are flat objects. No depth is too deep, nothing is recursive.

/** Top-level key -> raw text of its value. What comes behind a fault is left out; the values are not checked. */
export function rawMembers(text: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  let at = text.includes('{') ? skipSpace(text, text.indexOf('{') + 1) : text.length;
  while (text[at] === '"') {
    const keyEnd = stringEnd(text, at);
    const key = unquoted(text.slice(at, keyEnd));
    const colon = skipSpace(text, keyEnd);
    if (key === undefined || text[colon] !== ':') break;
    const start = skipSpace(text, colon + 1);
    const end = valueEnd(text, start);
    if (end === undefined) break;
    members.set(key, text.slice(start, end).trimEnd());
    if (text[end] !== ',') break;
    at = skipSpace(text, end + 1);
  }
  return members;
}

/** The string that a raw text stands for; undefined when it stands for none. */
export function unquoted(raw: string): string | undefined {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

const space = ' \t\r\n';

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && space.includes(text.charAt(at))) at++;
  return at;
}

/** The elements of a JSON array as they stand in its text. What comes behind a fault is left out. */
export function rawElements(text: string): readonly string[] {
  const elements: string[] = [];
  let at = text.includes('[') ? skipSpace(text, text.indexOf('[') + 1) : text.length;
  while (at < text.length && text[at] !== ']') {
    const end = valueEnd(text, at);
    if (end === undefined) break;
    elements.push(text.slice(at, end).trimEnd());
    if (text[end] !== ',') break;
    at = skipSpace(text, end + 1);
  }
  return elements;
}

/** Where the comma or bracket behind a value stands, or the end of the text; undefined when a bracket is left open. */
export function valueEnd(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === '"') at = stringEnd(text, at) - 1;
    else if (letter === '{' || letter === '[') depth++;
    else if (depth === 0 && (letter === ',' || letter === '}' || letter === ']')) return at;
    else if (letter === '}' || letter === ']') depth--;
  }
  return depth === 0 ? text.length : undefined;
}

/** Behind the quote that closes the string opened at `open`. */
function stringEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === '\\') at++;
    else if (letter === '"') return at + 1;
  }
  return text.length;
}
