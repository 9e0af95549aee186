// UploadCredentials: a temporary key with which the caller uploads pictures, to be named as oss:// URLs.
import * as z from 'zod';
import { defineOperation } from './operation.ts';

export const uploadCredentials = defineOperation({
  action: 'UploadCredentials',
  path: '/green/credentials/uploadcredentials',
  summary: 'Give out a temporary key for uploading pictures',
  source:
    'https://github.com/aliyun/aliyun-openapi-java-sdk/blob/master/aliyun-java-sdk-green/src/main/java/com/aliyuncs/green/model/v20180509/UploadCredentialsRequest.java',
  evidence: 'sdk',
  // The cloud states none; its helper asks once an hour.
  qps: 20,
  refusals: [],
  notes: [
    'The limit of calls a second is ours: the cloud states none.',
    "The key lasts an hour, or as long as the temporary key that asked for it. It puts objects below `uploadFolder` into `uploadBucket` with the cloud's object storage client and does nothing else; `oss://<uploadBucket>/<object>` then stands wherever the URL of a picture does. See [wire format](wire-format.md#uploads).",
    '`expiredTime` is in milliseconds since 1970. `ossEndpoint` is the address that the call was made to, or `--public-url`.',
  ],
  request: z.object({}),
  response: z.object({
    accessKeyId: z.string(),
    accessKeySecret: z.string(),
    securityToken: z.string(),
    expiredTime: z.int().describe('Milliseconds since 1970'),
    ossEndpoint: z.string(),
    uploadBucket: z.string(),
    uploadFolder: z.string(),
  }),
  example: {
    request: {},
    response: {
      accessKeyId: 'STS.K3b9TfQm2RwXc7VaLpZy5NdE',
      accessKeySecret: '…',
      securityToken: '…',
      expiredTime: 1795518271000,
      ossEndpoint: 'http://192.0.2.7:8080',
      uploadBucket: 'lethe-uploads',
      uploadFolder: 'upload/default',
    },
  },
  async handle(_request, { lendUploadKey }) {
    const { accessKeyId, accessKeySecret, securityToken, expiresAtMs, ...place } = await lendUploadKey();
    return {
      accessKeyId,
      accessKeySecret,
      securityToken,
      expiredTime: expiresAtMs,
      ossEndpoint: place.endpoint,
      uploadBucket: place.bucket,
      uploadFolder: place.folder,
    };
  },
});
