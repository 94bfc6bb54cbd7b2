import { adapterContract } from '../../../test/contract/adapter-contract.ts'
import { EXPRESS, expressAdapter } from './express-host.ts'

for (const [name, express] of EXPRESS) adapterContract(name, expressAdapter(express))
