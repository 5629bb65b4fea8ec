import { sealedChannelsContract } from '../contracts/sealed-channels.contract.ts'

sealedChannelsContract()
