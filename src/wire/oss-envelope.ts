// The shape in which the object storage refuses: an XML document with code, message and request id.
import { hostId, type WireAnswer } from './envelope.ts';
import type { Refusal } from './errors.ts';

/** Source: help.aliyun.com/document_detail/32005.html. The host is not repeated: it is what a stranger sent. */
export function answerStorageRefusal(requestId: string, refusal: Refusal): WireAnswer {
  const elements = [
    ['Code', refusal.code],
    ['Message', refusal.message],
    ['RequestId', requestId],
    ['HostId', hostId],
  ].map(([name, text]) => `  <${name}>${escapeXml(String(text))}</${name}>\n`);
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n${elements.join('')}</Error>\n`;
  return { status: refusal.status, body };
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

const escapeXml = (text: string): string => text.replaceAll(/[&<>]/g, (sign) => entities[sign]!);
