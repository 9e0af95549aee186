// A thread beside the main one that opens records while a library is loaded, on connections and files of its own.
import { parentPort, workerData } from 'node:worker_threads';
import type { LoadingJob, LoadingSettings } from './loading.ts';
import { RecordOpener } from './record-opener.ts';
import { openBlockFile } from './slot-file.ts';
import { openReader } from './sqlite/database.ts';
import { OwnerColumns } from './sqlite/owner-columns.ts';
import { Vault } from './vault.ts';

const port = parentPort!;
const { folder, libraryId, wrappingKey }: LoadingSettings = workerData;
const keys = { libraryId: Buffer.from(libraryId), wrappingKey: Buffer.from(wrappingKey) };
const vault = await Vault.open(folder, keys, { isNew: false, openFile: openBlockFile });
const opener = new RecordOpener(new OwnerColumns(openReader(folder)), vault);

port.on('message', ({ range, memory }: LoadingJob) => {
  const opened = opener.open(range, memory);
  port.postMessage(opened, [opened.memory.buffer]);
});
