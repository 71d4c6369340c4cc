// Text as the web UI sends it: comments go, one of {a|b} stays; %date:..% and %Node.widget% in file prefixes are filled in.

/** Random numbers in [0, 1) that are the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Strips comments and chooses among the options in braces, also nested ones; `\{ \} \|` are literal. */
export function processText(text: string, random: () => number): string {
  if (!/[{}|\\/]/.test(text)) return text;
  return chooseOptions(withoutComments(text), random);
}

/** Drops `/* … *\/` and `// …`; looks for each mark once, so that unclosed ones cost nothing. */
function withoutComments(text: string): string {
  let out = '';
  let at = 0;
  let blocksLeft = true;
  for (let slash = text.indexOf('/'); slash !== -1; slash = text.indexOf('/', Math.max(slash + 1, at))) {
    const next = text.charAt(slash + 1);
    let end = -1;
    if (next === '/') end = endOfLine(text, slash);
    else if (next === '*' && blocksLeft) {
      const close = text.indexOf('*/', slash + 2);
      blocksLeft = close !== -1;
      end = blocksLeft ? close + 2 : -1;
    }
    if (end === -1) continue;
    out += text.slice(at, slash);
    at = end;
  }
  return out + text.slice(at);
}

function endOfLine(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if ('\n\r\u2028\u2029'.includes(text.charAt(at))) return at;
  return text.length;
}

type Level = { readonly options: string[]; current: string };

/** One pass with a stack, so that hostile nesting costs no more than its length. */
function chooseOptions(text: string, random: () => number): string {
  const levels: Level[] = [{ options: [], current: '' }];
  let top: Level = levels[0] as Level; // never empty
  const close = (): void => {
    levels.pop();
    const options = [...top.options, top.current];
    top = levels.at(-1) as Level; // only called above the ground level
    top.current += options[Math.floor(random() * options.length)] ?? '';
  };
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (char === '\\' && next !== '') {
      top.current += '{}|'.includes(next) ? next : char + next;
      at++;
    } else if (char === '{') {
      top = { options: [], current: '' };
      levels.push(top);
    } else if (char === '}' && levels.length > 1) close();
    else if (char === '|' && levels.length > 1) {
      top.options.push(top.current);
      top.current = '';
    } else top.current += char;
  }
  while (levels.length > 1) close();
  return top.current;
}

/** Fills `%date:yyyy-MM-dd%` and `%Node.widget%`; what `lookup` does not know stays as it is. */
export function fillPattern(text: string, now: Date, lookup: (node: string, widget: string) => unknown): string {
  return text.replace(/%([^%]+)%/g, (whole, inner: string) => {
    if (inner.startsWith('date:')) return formatDate(inner.slice('date:'.length), now);
    const parts = inner.split('.');
    if (parts.length !== 2) return whole;
    const value = lookup(parts[0] ?? '', parts[1] ?? '');
    if (value === undefined) return whole;
    return plain(value).replace(/[/?<>\\:*|"\u0000-\u001f\u007f]/g, '_');
  });
}

function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : '';
}

/** Local time. Letters as the UI reads them: `M` month, `m` minute, two of them padded. */
function formatDate(pattern: string, now: Date): string {
  const parts: Record<string, number> = {
    d: now.getDate(),
    M: now.getMonth() + 1,
    h: now.getHours(),
    m: now.getMinutes(),
    s: now.getSeconds(),
  };
  return pattern.replace(/yyyy|yy|dd?|MM?|hh?|HH?|mm?|ss?/g, (token) => {
    if (token === 'yyyy') return String(now.getFullYear());
    if (token === 'yy') return String(now.getFullYear()).slice(-2);
    const letter = token.startsWith('H') ? 'h' : token.charAt(0);
    return String(parts[letter]).padStart(token.length, '0');
  });
}
