// From a picture to its faces: find, lay the mesh, align, and read template, pose, quality and attributes.
import type { FoundFace, Picture } from '../gallery/ports.ts';
import { type KernelMemory, lendMemory } from '../kernels/kernel.ts';
import { maxFacesPerProbe } from '../wire/limits.ts';
import { align } from './alignment.ts';
import { type AttributeNetworks, readAttributes } from './attributes.ts';
import type { Corners } from './detection.ts';
import { embed } from './embedder.ts';
import { framesOf } from './frame.ts';
import { angleOf } from './landmarks.ts';
import type { FaceNetworks } from './networks.ts';
import { poseOf } from './pose.ts';
import { qualityOf } from './quality.ts';
import { findFaces, type Sighting } from './sightings.ts';

export interface Wanted {
  readonly attributes?: boolean;
  readonly maxFaces?: number;
}

/**
 * Every face of the picture, largest first.
 * @param memory what the picture is in already, where it is
 */
export const analyse = (
  networks: FaceNetworks,
  picture: Picture,
  wanted: Wanted = {},
  memory?: KernelMemory,
): Promise<FoundFace[]> =>
  memory === undefined
    ? lendMemory((own) => describeFaces(networks, own, picture, wanted))
    : describeFaces(networks, memory, picture, wanted);

async function describeFaces(
  networks: FaceNetworks,
  memory: KernelMemory,
  picture: Picture,
  { attributes = false, maxFaces = maxFacesPerProbe }: Wanted,
): Promise<FoundFace[]> {
  const sightings = await findFaces(networks, framesOf(memory, picture), maxFaces);
  const attributeNetworks = attributes && sightings.length > 0 ? await networks.loadAttributes() : undefined;
  const faces: FoundFace[] = [];
  for (const sighting of sightings)
    faces.push(await describe(networks, picture, sighting, attributeNetworks));
  return faces;
}

async function describe(
  { embedder }: FaceNetworks,
  picture: Picture,
  { frame, detection, mesh }: Sighting,
  attributeNetworks: AttributeNetworks | undefined,
): Promise<FoundFace> {
  const { pyramid } = frame;
  const box = boxOf(frame.place(detection.corners));
  const { scale } = picture;
  return {
    box: { x: box.x * scale, y: box.y * scale, width: box.width * scale, height: box.height * scale },
    confidence: detection.confidence,
    pose: poseOf(mesh, frame.turnedBy),
    quality: qualityOf(pyramid, align(mesh, 'arcface-112').toChip, box, picture),
    template: await embed(embedder, pyramid, align(mesh, embedder.model.alignment)),
    ...(attributeNetworks && {
      attributes: await readAttributes(attributeNetworks, pyramid, detection, angleOf(mesh)),
    }),
  };
}

const boxOf = ({ left, top, right, bottom }: Corners) => ({
  x: left,
  y: top,
  width: right - left,
  height: bottom - top,
});
