import { startServer } from './helpers.ts'
import { startCluster, startRedis } from './redis.ts'
import { stateContract } from './state.contract.ts'

stateContract('one server, in memory', async (env) => [await startServer(env)])
stateContract('two servers that share a Redis', async (env) => startCluster(await startRedis(), 2, env))
