// Text from servers and files, made harmless to show.

const control =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The text without escape sequences, control codes and direction marks. */
export function harmless(text: string): string {
  return text.replace(control, '');
}

/** One line of it. */
export function oneLine(text: string): string {
  return harmless(text.replace(/[\r\n\t]+/g, ' '));
}
