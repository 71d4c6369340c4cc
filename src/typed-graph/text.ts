// Names and sentences of a server as TypeScript source: whatever they hold, they stay what they are.
import { oneLine } from '../text/harmless.ts';

/** A string literal. What an editor would not show, or show elsewhere, is escaped. */
export function quoted(text: string): string {
  return escapeUnseen(JSON.stringify(text));
}

/** A property's name, in quotes where it is no identifier. */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

/** The type of names that begin and end so, with a number or any text between: `` `images.image${number}` ``. */
export function pattern(before: string, between: 'number' | 'string', after = ''): string {
  const plain = (text: string): string => quoted(text).slice(1, -1).replaceAll('\\"', '"').replace(/[`$]/g, '\\$&');
  return `\`${plain(before)}\${${between}}${plain(after)}\``;
}

/** A comment of one line over what follows; none for no words. Nothing in it ends it, or is a tag of its own. */
export function comment(text: string, indent: string, tag = ''): string {
  const line = escapeUnseen(oneLine(text)).replaceAll('*/', '* /').replaceAll('@', '(at)').trim();
  const short = line.length > longest ? `${line.slice(0, longest)}…` : line;
  const words = [short, tag].filter((part) => part !== '').join(' ');
  return words === '' ? '' : `${indent}/** ${words} */\n`;
}

const longest = 300;

function escapeUnseen(text: string): string {
  return text.replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
