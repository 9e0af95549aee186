// The embedded store keeps the contract of every store.
import { LibraryFolder } from '../store/library-folder.ts';
import { describeDeletions } from './deletions.ts';
import { describeStore } from './store.ts';

describeStore('the embedded store', () => LibraryFolder.make());
describeDeletions('what the embedded store says of deletions', () => LibraryFolder.make());
