import { describeReviewPage } from '../../../test/browser/review-page.ts'
import { doublingApp } from './doubling-app.ts'

describeReviewPage('Hono', doublingApp)
