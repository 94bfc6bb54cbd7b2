import { itIsNotNoticed } from './each-probe.ts'

itIsNotNoticed('flagging-manual')
