import { idbValues } from '../../src/adapters/idb-values.ts'
import { valuesContract } from '../contracts/values.contract.ts'

valuesContract('IndexedDB', idbValues)
