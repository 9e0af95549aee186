// DetectFace: finds the faces of a picture and says what can be said of them.
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { FoundFace } from '../gallery/ports.ts';
import { bizType, dataId, pictureUrl } from '../wire/fields.ts';
import { defineOperation } from './operation.ts';
import { pictureRefusals } from './picture-refusals.ts';
import { describeBox } from './scan-fields.ts';

const judgement = z.object({ value: z.string(), confidence: z.number() });
const face = z.object({
  location: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
  quality: z.object({
    blur: z.number().describe('0 sharp to 100 featureless'),
    integrity: z.number().describe('0 to 100: share of the face inside the picture'),
    pitch: z.number(),
    roll: z.number(),
    yaw: z.number(),
  }),
  smile: z.object({ value: z.number().describe('0 to 100') }).optional(),
  gender: judgement,
  age: z.object({ value: z.int().describe('Years, an estimate') }).optional(),
  glasses: judgement,
  respirator: judgement,
  hat: judgement,
  mustache: judgement,
  bang: judgement,
  hairstyle: judgement,
});

// No model that Lethe ships tells these; the API's word for "no" with confidence 0 says that nobody looked.
const unknown = { value: 'None', confidence: 0 };

const percent = (share: number): number => Math.round(share * 1000) / 10;
const degrees = (angle: number): number => Math.round(angle * 10) / 10;

function describeFace({ box, pose, quality, attributes }: FoundFace): z.input<typeof face> {
  const { x, y, width: w, height: h } = describeBox(box);
  return {
    location: { x, y, w, h },
    quality: {
      blur: percent(1 - quality.sharpness),
      integrity: percent(quality.integrity),
      pitch: degrees(pose.pitch),
      roll: degrees(pose.roll),
      yaw: degrees(pose.yaw),
    },
    ...(attributes === undefined
      ? { gender: unknown }
      : {
          smile: { value: percent(attributes.smile) },
          gender: {
            value: attributes.gender.value === 'male' ? 'Male' : 'Female',
            confidence: percent(attributes.gender.probability),
          },
          age: { value: Math.round(attributes.age) },
        }),
    glasses: unknown,
    respirator: unknown,
    hat: unknown,
    mustache: unknown,
    bang: unknown,
    hairstyle: unknown,
  };
}

export const detectFace = defineOperation({
  action: 'DetectFace',
  path: '/green/face/detect',
  summary: 'Find the faces of a picture and their attributes',
  source: 'https://www.alibabacloud.com/help/en/content-moderation/latest/face-detect-api',
  evidence: 'documented',
  qps: 50,
  refusals: pictureRefusals,
  notes: [
    'The fields inside each attribute are not public for this version: their names follow the typed model of version 2.0.',
    'glasses, respirator, hat, mustache, bang and hairstyle always answer `None` with confidence 0: Lethe has no model for them. `age` is an addition.',
    'smile and age are left out, and gender answers `None`, with models that do not tell them (`--models strict`).',
  ],
  request: z.object({ bizType: bizType.optional(), dataId: dataId.optional(), url: pictureUrl }),
  response: z.object({
    msg: z.string(),
    dataId: z.string().optional(),
    taskId: z.string(),
    url: z.string(),
    faces: z.array(face),
  }),
  example: {
    request: { dataId: 'photo1', url: 'https://example.com/1.jpg' },
    response: {
      msg: 'OK',
      dataId: 'photo1',
      taskId: 'fdd25f95-4892-4d6b-aca9-7939bc6e9baa',
      url: 'https://example.com/1.jpg',
      faces: [
        {
          location: { x: 120, y: 80, w: 96, h: 118 },
          quality: { blur: 3.5, integrity: 100, pitch: -2.1, roll: 1.4, yaw: 6.8 },
          smile: { value: 93.2 },
          gender: { value: 'Female', confidence: 99.1 },
          age: { value: 31 },
          glasses: { value: 'None', confidence: 0 },
          respirator: { value: 'None', confidence: 0 },
          hat: { value: 'None', confidence: 0 },
          mustache: { value: 'None', confidence: 0 },
          bang: { value: 'None', confidence: 0 },
          hairstyle: { value: 'None', confidence: 0 },
        },
      ],
    },
  },
  async handle({ dataId, url }, { account, gallery }) {
    const faces = await gallery.detect(account, url);
    return {
      msg: 'OK',
      ...(dataId === undefined ? {} : { dataId }),
      taskId: randomUUID(),
      url,
      faces: faces.map(describeFace),
    };
  },
});
