// Lines of a shell as documentation shows them -> the words of our command. Enough of a shell for that, and no more.

export type ShellLine = {
  /** The line as it stands in the page. */
  readonly text: string;
  /** What follows `comfy-gen`, up to a pipe or a redirection. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What `printf '…' |` in front of the command writes. */
  readonly input: string;
  /** The variable that takes the output: `id=$(comfy-gen …)`. */
  readonly into: string | undefined;
  /** The file that takes the output: `> workflow.json`. */
  readonly file: string | undefined;
  /** Exit code that the line's comment tells; 0 without one. */
  readonly code: number;
};

const ours = /^(?:npx )?comfy-gen(?= |$)/;

/** The lines of every fenced shell block of a page, joined where one ends with a backslash. */
export function shellLines(page: string): string[] {
  const blocks = [...page.matchAll(/^```(?:sh|bash|shell|console)\n([\s\S]*?)^```/gm)].map((m) => m[1] ?? '');
  const isPrompted = (line: string): boolean => line.startsWith('$ ');
  return blocks.flatMap((block) => {
    const lines = block.replace(/\\\n\s*/g, ' ').split('\n');
    // a console block shows what was typed behind `$ `, and answers without it
    return lines.some(isPrompted) ? lines.filter(isPrompted).map((line) => line.slice(2)) : lines;
  });
}

/** A line that runs our command; undefined for every other. `variables` stand in for `$name`. */
export function readShellLine(text: string, variables: ReadonlyMap<string, string>): ShellLine | undefined {
  const [, into, inner] = /^(\w+)=\$\((.*)\)\s*(?:#.*)?$/.exec(text) ?? [];
  const [, written, behind] = /^printf '([^']*)' \| (.*)$/.exec(inner ?? text) ?? [];
  let rest = behind ?? inner ?? text;
  const env: Record<string, string> = {};
  for (let set; (set = /^([A-Z]\w*)=(\S+) /.exec(rest)) !== null; rest = rest.slice(set[0].length))
    env[set[1] ?? ''] = set[2] ?? '';
  const command = ours.exec(rest);
  if (command === null) return undefined;
  const code = Number(/#.*\bexit code (\d+)/.exec(text)?.[1] ?? 0);
  const words = wordsOf(rest.slice(command[0].length), variables);
  const file = / > ([\w./-]+)(?: |$)/.exec(rest)?.[1];
  return { text, words, env, input: (written ?? '').replaceAll('\\n', '\n'), into, file, code };
}

/** `printf '…' > prompts.txt`: a file that the page makes; undefined for every other line. */
export function readPrintedFile(text: string): { readonly file: string; readonly written: string } | undefined {
  const [, written, file] = /^printf '([^']*)' > ([\w./-]+)/.exec(text) ?? [];
  return written === undefined || file === undefined
    ? undefined
    : { file, written: written.replaceAll('%%', '%').replaceAll('\\n', '\n') };
}

/** Words with quotes, backslashes and variables resolved; ends at a comment, a pipe, a redirection, `;` or `&`. */
function wordsOf(text: string, variables: ReadonlyMap<string, string>): string[] {
  const words: string[] = [];
  let word: string | undefined;
  const part = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|\$\{?(\w+)\}?|( +)|([|>;&])|([^\s'"\\$|>;&]+)/gy;
  for (const [, single, double, escaped, name, blank, end, plain] of text.matchAll(part)) {
    if (end !== undefined || (word === undefined && plain?.startsWith('#') === true)) break;
    if (blank !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      const valueOf = (key: string): string => variables.get(key) ?? '';
      const quoted = double
        ?.replace(/\$\{?(\w+)\}?/g, (_all, key: string) => valueOf(key))
        .replace(/\\(["\\$`])/g, '$1');
      const named = name === undefined ? undefined : valueOf(name);
      word = (word ?? '') + (single ?? quoted ?? escaped ?? named ?? plain ?? '');
    }
  }
  return word === undefined ? words : [...words, word];
}
