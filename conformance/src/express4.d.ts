/** The same package in its older major, whose types are alike in all that the probes use. */
declare module 'express4' {
  export { default } from 'express'
}
