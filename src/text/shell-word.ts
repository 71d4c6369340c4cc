// A text as one word of a POSIX shell.

/** In quotes where a shell would take it apart; the ellipsis stands for a value in help. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./…-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
