// `GET {path}/review/page.js`: the review page, in the body of `GET {path}/review`.
import { render } from 'preact'
import { keepFocus } from './focus.ts'
import { listenToKeys } from './keys.ts'
import { keepLooking } from './live.ts'
import { followHistory } from './navigating.ts'
import { App } from './parts/app.tsx'
import { ReviewAPI } from './review-api.ts'
import { ReviewContext, createReview } from './review.ts'
import { start } from './start.ts'

const review = createReview(new ReviewAPI(new URL('.', import.meta.url)), location.search)

render(
  <ReviewContext.Provider value={review}>
    <App />
  </ReviewContext.Provider>,
  document.body,
)
followHistory(review)
listenToKeys(review)
keepLooking(review)
keepFocus()
addEventListener('beforeunload', (event) => {
  // A note that was begun is asked about before it is lost.
  if (review.drafts.size > 0) event.preventDefault()
})
void start(review)
