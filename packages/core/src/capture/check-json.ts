/** What a look at JSON text tells. */
export interface JSONShape {
  /** How many arrays and objects lie within each other. */
  readonly depth: number
  /** Members or elements at the top level. */
  readonly members: number
}

const SPACES = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
