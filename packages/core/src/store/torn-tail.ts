/**
 * Bytes of the longest row that a torn write can have left unfinished at the end of a log. What is
 * unfinished and longer was not torn but edited.
 */
export const MAX_TORN: number = 16 * 1024 * 1024
