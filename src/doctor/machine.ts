// This machine: the disk under the output folder. What only the terminal's room knows is handed in as checks.
import { diskFacts } from '../files/disk.ts';
import { fail, size, warn, well, type Check } from './check.ts';

const lowBytes = 1024 ** 3;

/** Room and permission where files will go; nothing is made. `folder` is absolute, `shown` as the user wrote it. */
export async function checkDisk(folder: string, shown: string): Promise<Check> {
  const { existing, isFolder, writable, freeBytes } = await diskFacts(folder);
  const more = { facts: { folder, free_bytes: freeBytes ?? null } };
  const elsewhere = 'choose another folder with <option output>';
  if (!isFolder) return fail('disk', 'save', `${shown}: a file is in the way`, elsewhere, more);
  if (!writable) return fail('disk', 'save', `${shown} cannot be written`, elsewhere, more);
  if (freeBytes === undefined) return well('disk', `${shown} can be written`, more);
  if (freeBytes < lowBytes)
    return warn('disk', `${shown}: ${size(freeBytes)} left`, `make room, or ${elsewhere}`, more);
  return well('disk', `${shown}: ${size(freeBytes)} free${existing === folder ? '' : ', will be made'}`, more);
}
