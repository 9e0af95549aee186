// `lethe keys rotate-root`: puts the library's keys under a new root key and says what the old one is good for now.
import { type LibrarySettings, rotateRootKey } from '../library.ts';

export async function rotateRoot(
  folder: LibrarySettings,
  { newRootKey }: { newRootKey?: string },
): Promise<void> {
  const { dataKeys, keyFiles, wasDone } = await rotateRootKey(folder, newRootKey);
  console.log(
    wasDone
      ? 'The library is under the new root key already: an earlier rotation had been cut short after that'
      : `${dataKeys} data keys and the library key are under the new root key`,
  );
  console.log(`The new root key stands in ${keyFiles.join(' and ')}; the old one opens nothing any more`);
}
