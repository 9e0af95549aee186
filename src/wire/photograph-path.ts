// Where kept photographs are opened, as GetFaces writes it and the server reads it.

/** A token follows. */
export const photographPath = '/lethe/v1/photos/';
