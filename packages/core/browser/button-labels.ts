/** The texts of a `<flag-button>`, for translation; `{option}` stands for the label of an option. */
export interface FlagButtonLabels {
  /** What the group of buttons is, for screen readers. */
  readonly group: string
  readonly saving: string
  /** While an answer is flagged that has not ended yet. */
  readonly waiting: string
  readonly flagged: string
  readonly failed: string
  /** Why it failed: there was no answer. */
  readonly unreachable: string
  /** Why it failed: the interaction is no longer held. */
  readonly expired: string
  readonly retry: string
  /** Takes the flag back. */
  readonly undo: string
  readonly undoing: string
  readonly undone: string
  readonly notUndone: string
  /** Why it was not taken back: the interaction is no longer held. */
  readonly undoExpired: string
  readonly comment: string
  readonly correction: string
  /** A correction that should be JSON is none. */
  readonly notJSON: string
  readonly send: string
  readonly cancel: string
}

/** The texts in English. */
export const ENGLISH: FlagButtonLabels = {
  group: 'Flag this output',
  saving: 'Saving …',
  waiting: 'Waiting for the answer to end …',
  flagged: 'Flagged.',
  failed: 'Not flagged.',
  unreachable: 'The server does not answer.',
  expired: 'It can no longer be flagged.',
  retry: 'Try again',
  undo: 'Undo',
  undoing: 'Taking it back …',
  undone: 'Taken back.',
  notUndone: 'Not taken back.',
  undoExpired: 'It can no longer be taken back.',
  comment: 'Comment',
  correction: 'What it should have been',
  notJSON: 'This is not valid JSON.',
  send: 'Save',
  cancel: 'Cancel',
}
