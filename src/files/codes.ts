// The system's code of a failed file operation (`ENOSPC`, `EEXIST`, …); empty when it has none.
export function codeOf(failure: unknown): string {
  return failure instanceof Error && 'code' in failure && typeof failure.code === 'string' ? failure.code : '';
}
