// Persons and their faces, as the wire reads them and as the search is filled with them. Types only.
/** Opaque, stable number of a person within the whole store; never shown outside. */
export type PersonHandle = number;

export interface PersonProfile {
  readonly personId: string;
  readonly name?: string;
  readonly note?: string;
}

export interface Person extends PersonProfile {
  readonly groupIds: readonly string[];
  /** In the order they were added. */
  readonly faceIds: readonly string[];
}

/** Live faces as a search is filled with them: a place in each column is a face. */
export interface FaceColumns {
  readonly persons: Float64Array;
  /** Face ids as whole numbers, which hold any of them. */
  readonly faceIds: Float64Array;
  /** One after the other, as long as each other. */
  readonly templates: Float32Array;
}

/** Live faces that one model has made the templates of. */
export interface StoredFaces extends FaceColumns {
  readonly modelId: string;
}

/** A live person as the search needs it: who it is and where it belongs. */
export interface StoredPerson {
  readonly account: string;
  readonly person: PersonHandle;
  readonly profile: PersonProfile;
  readonly groupIds: readonly string[];
}

export interface StoredBatch {
  readonly persons: readonly StoredPerson[];
  /** By model, which is most often one. */
  readonly faces: readonly StoredFaces[];
}
