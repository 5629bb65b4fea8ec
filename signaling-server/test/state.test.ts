import { startServer } from './helpers.ts'
import { startCluster, startRedis } from './redis.ts'
import { stateContract } from './state.contract.ts'

stateContract('one server, in memory', async () => [await startServer()])
stateContract('two servers that share a Redis', async () => startCluster(await startRedis(), 2))
