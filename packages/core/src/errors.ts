/** The stable codes of {@link FlaggingError}; over HTTP they stand in lower case without the prefix. */
export type FlaggingErrorCode =
  | 'ERR_FLAGGING_OPTION'
  | 'ERR_FLAGGING_CLOSED'
  | 'ERR_FLAGGING_MODE_AUTO'
  | 'ERR_FLAGGING_MODE_NEVER'
  | 'ERR_FLAGGING_NOT_FOUND'
  | 'ERR_FLAGGING_NOT_ENDED'
  | 'ERR_FLAGGING_UNKNOWN_OPTION'
  | 'ERR_FLAGGING_BAD_REQUEST'
  | 'ERR_FLAGGING_FORBIDDEN'
  | 'ERR_FLAGGING_METHOD_NOT_ALLOWED'
  | 'ERR_FLAGGING_CANNOT_UNFLAG'
  | 'ERR_FLAGGING_TOO_LARGE'
  | 'ERR_FLAGGING_UNSUPPORTED_MEDIA_TYPE'
  | 'ERR_FLAGGING_RANGE'
  | 'ERR_FLAGGING_QUEUE_FULL'
  | 'ERR_FLAGGING_DISK_FULL'
  | 'ERR_FLAGGING_CALLBACK'
  | 'ERR_FLAGGING_LOCK'
  | 'ERR_FLAGGING_STORE'
  | 'ERR_FLAGGING_TORN_ROW'
  | 'ERR_FLAGGING_BAD_ROW'
  | 'ERR_FLAGGING_DECODE'
  | 'ERR_FLAGGING_BODY_GONE'
  | 'ERR_FLAGGING_REDACT'

/**
 * Every error that this library throws or reports. The message says what went wrong and what to do;
 * `cause` keeps what was caught, if anything was.
 */
export class FlaggingError extends Error {
  /** What kind of failure this is; stable across versions. */
  readonly code: FlaggingErrorCode

  constructor(code: FlaggingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'FlaggingError'
    this.code = code
  }
}
