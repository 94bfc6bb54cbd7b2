/**
 * What the peers are made of, in exact versions. The suite installs them by itself, beside the
 * workspace: none of them is a dependency of ours.
 */
export const PACKAGES = {
  '@hono/structured-logger': '0.1.0',
  '@treblle/express': '1.0.2',
  apitally: '0.25.8',
  'express-mung': '0.5.1',
  'express-requests-logger': '4.0.3',
  'express-winston': '4.2.0',
  'moesif-nodejs': '3.11.0',
  morgan: '1.12.1',
  'pino-http': '11.0.0',
  readmeio: '6.2.1',
  treblle: '1.5.2',
  winston: '3.19.0',
} as const

/** One of {@link PACKAGES}. */
export type PackageName = keyof typeof PACKAGES
