import type { JSX } from 'preact'
import type { ReviewSample } from '../contract.ts'
import { TEXTS } from '../texts.ts'
import { formatTime } from '../values/formats.ts'
import { Line } from '../values/plain-text.tsx'

/** What is known of a sample beside its values. */
export function Facts({ sample }: { readonly sample: ReviewSample }): JSX.Element {
  return (
    <dl class="facts">
      {factsOf(sample).map(([name, value]) => (
        <div key={name}>
          <dt>{TEXTS.facts[name]}</dt>
          <dd>
            <Line text={value} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function factsOf(sample: ReviewSample): readonly (readonly [keyof typeof TEXTS.facts, string])[] {
  const { review, timestamp, duration, truncated, status } = sample
  const facts: Record<keyof typeof TEXTS.facts, string | null | undefined> = {
    option: sample.option,
    username: sample.username,
    timestamp: timestamp == null ? timestamp : formatTime(timestamp),
    endpoint: sample.endpoint,
    log: sample.dataset === null ? sample.log : `${sample.dataset}/${sample.log}`,
    // Samples that were posted have none.
    status: status ? String(status) : null,
    duration: duration ? TEXTS.milliseconds(duration) : null,
    ended: sample.ended,
    truncated: truncated == null ? null : truncated ? TEXTS.yes : TEXTS.no,
    id: sample.id,
    reviewedBy: review?.reviewed ? TEXTS.reviewedBy(review.by, formatTime(review.at)) : null,
  }
  return (Object.keys(facts) as (keyof typeof facts)[]).flatMap((name) => {
    const value = facts[name]
    return value == null || value === '' ? [] : [[name, value] as const]
  })
}
