/** The same headings with other texts: what another language must say. */
export type Words<T> = { [K in keyof T]: T[K] extends string ? string : Words<T[K]> }
