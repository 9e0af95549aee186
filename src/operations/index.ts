// Every operation that Lethe answers. A new one is a file of its own and a line here.
import { addFaces } from './add-faces.ts';
import { addGroups } from './add-groups.ts';
import { addPerson } from './add-person.ts';
import { deleteFaces } from './delete-faces.ts';
import { deleteGroups } from './delete-groups.ts';
import { deletePerson } from './delete-person.ts';
import { detectFace } from './detect-face.ts';
import { forgetFaces } from './forget-faces.ts';
import { getConsent } from './get-consent.ts';
import { getFaces } from './get-faces.ts';
import { getGroups } from './get-groups.ts';
import { getPerson } from './get-person.ts';
import { getPersons } from './get-persons.ts';
import { getReceipt } from './get-receipt.ts';
import { identify } from './identify.ts';
import { imageAsyncScan } from './image-async-scan.ts';
import { imageAsyncScanResults } from './image-async-scan-results.ts';
import { imageSyncScan } from './image-sync-scan.ts';
import type { Operation } from './operation.ts';
import { recordConsent } from './record-consent.ts';
import { runRetention } from './run-retention.ts';
import { searchPerson } from './search-person.ts';
import { setPerson } from './set-person.ts';
import { uploadCredentials } from './upload-credentials.ts';
import { withdrawConsent } from './withdraw-consent.ts';

export const operations = [
  deleteFaces,
  addFaces,
  getFaces,
  addPerson,
  setPerson,
  getPerson,
  deletePerson,
  getGroups,
  getPersons,
  addGroups,
  deleteGroups,
  imageSyncScan,
  imageAsyncScan,
  imageAsyncScanResults,
  searchPerson,
  detectFace,
  uploadCredentials,
  identify,
  forgetFaces,
  getReceipt,
  recordConsent,
  getConsent,
  withdrawConsent,
  runRetention,
] as const satisfies readonly Operation[];
