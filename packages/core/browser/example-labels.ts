/** The texts of `<flag-examples>`, for translation. */
export interface FlagExamplesLabels {
  /** What the list is, for screen readers. */
  readonly examples: string
  /** What pressing an example does, for screen readers; what it says follows. */
  readonly choose: string
  readonly empty: string
  readonly pages: string
  readonly previous: string
  readonly next: string
  /** There was no answer. */
  readonly unreachable: string
}

/** The texts in English. */
export const ENGLISH_EXAMPLES: FlagExamplesLabels = {
  examples: 'Examples',
  choose: 'Use example',
  empty: 'No examples yet.',
  pages: 'Pages of examples',
  previous: 'Previous',
  next: 'Next',
  unreachable: 'The server does not answer.',
}
