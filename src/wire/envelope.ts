// The two shapes every answer has: the service's envelope and the gateway's error.
import type { Refusal } from './errors.ts';

/** An HTTP answer, ready to be written. */
export interface WireAnswer {
  readonly status: number;
  readonly body: string;
}

/** The gateway names the host it stands at; Lethe has one name for all regions. */
export const hostId = 'lethe';

/** `data.code` repeats 200 where data is an object. Source: help.aliyun.com/document_detail/53414.html. */
export function answerSuccess(requestId: string, data: object): WireAnswer {
  const body = { code: 200, msg: 'OK', requestId, data: Array.isArray(data) ? data : { code: 200, ...data } };
  return { status: 200, body: JSON.stringify(body) };
}

/** Service refusals travel as HTTP 200: the PHP and Python SDKs lose them otherwise. */
export function answerRefusal(requestId: string, refusal: Refusal): WireAnswer {
  if (refusal.kind === 'service') {
    return { status: 200, body: JSON.stringify({ code: refusal.code, msg: refusal.message, requestId }) };
  }
  const body = {
    Code: refusal.code,
    Message: refusal.message,
    RequestId: requestId,
    HostId: hostId,
    Recommend: `https://error-center.aliyun.com/status/search?Keyword=${refusal.code}&source=PopGw`,
  };
  return { status: refusal.status, body: JSON.stringify(body) };
}
