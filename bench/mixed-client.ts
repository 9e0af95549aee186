// A caller of every operation at random, who leaves the library as large as it is.
import { randomUUID } from 'node:crypto';
import { signRequest } from './signed-client.ts';

interface Answer {
  readonly faceImageItems?: readonly { readonly faceId?: number }[];
}

/** One caller with persons of its own, so that no call is refused for another's sake. */
export class MixedClient {
  readonly #url: URL;
  readonly #name: string;
  readonly #pictures: readonly string[];
  readonly #persons: { readonly personId: string; readonly faceIds: number[] }[] = [];
  #made = 0;

  /** @param pictures data: URLs */
  constructor(url: URL, name: string, pictures: readonly string[]) {
    this.#url = url;
    this.#name = name;
    this.#pictures = pictures;
  }

  /** Adds and deletes are as many, so that the library stays as large as it is. */
  async callSomething(): Promise<void> {
    const person = this.#persons[Math.floor(Math.random() * this.#persons.length)];
    if (person === undefined || (this.#persons.length < 20 && Math.random() < 0.2)) return this.#addPerson();
    const { personId, faceIds } = person;
    const picture = this.#pictures[Math.floor(Math.random() * this.#pictures.length)]!;
    const draw = Math.random() * 100;
    if (draw < 30) await this.#call('sface/person', { personId });
    else if (draw < 50) await this.#call('sface/faces', { personId });
    else if (draw < 55) await this.#call('sface/groups', {});
    else if (draw < 65)
      await this.#call('sface/group/persons', {
        groupId: `group-${this.#name}`,
        currentPage: 1,
        pageSize: 20,
      });
    else if (draw < 70) await this.#call('sface/person/update', { personId, name: randomUUID() });
    else if (draw < 75) await this.#call('sface/person/groups/add', { personId, groupIds: ['shared'] });
    else if (draw < 80) await this.#call('sface/person/groups/delete', { personId, groupIds: ['shared'] });
    else if (draw < 86) await this.#addFace(personId, faceIds, picture);
    else if (draw < 91) await this.#deleteFace(personId, faceIds);
    else if (draw < 94) await this.#deletePerson(personId);
    else if (draw < 98) await this.#search(picture);
    else await this.#call('sface/search', { groupId: 'group', url: picture });
  }

  async #addPerson(): Promise<void> {
    const personId = `${this.#name}-${this.#made++}`;
    await this.#call('sface/person/add', {
      personId,
      groupIds: ['group', `group-${this.#name}`],
      name: 'Anna',
    });
    this.#persons.push({ personId, faceIds: [] });
  }

  async #addFace(personId: string, faceIds: number[], picture: string): Promise<void> {
    const { faceImageItems = [] } = await this.#call('sface/face/add', { personId, urls: [picture] });
    for (const { faceId } of faceImageItems) if (faceId !== undefined) faceIds.push(faceId);
  }

  async #deleteFace(personId: string, faceIds: number[]): Promise<void> {
    const faceId = faceIds.shift();
    if (faceId !== undefined) await this.#call('sface/face/delete', { personId, faceIds: [faceId] });
    else await this.#call('sface/person', { personId });
  }

  async #deletePerson(personId: string): Promise<void> {
    await this.#call('sface/person/delete', { personId });
    this.#persons.splice(
      this.#persons.findIndex((one) => one.personId === personId),
      1,
    );
  }

  async #search(picture: string): Promise<void> {
    const tasks = [{ dataId: 'a', url: picture, extras: { groupId: 'group' } }];
    await this.#call('image/scan', { scenes: ['sface-n'], tasks });
  }

  #call(path: string, body: unknown): Promise<Answer> {
    return signRequest<Answer>(this.#url, `/green/${path}`, body)();
  }
}
