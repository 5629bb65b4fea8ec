import { makeFile, MiB, scratch } from '../fixtures/files.ts'
import { RedisProcess } from '../../signaling-server/test/redis-process.ts'
import { TestServer } from '../fixtures/server.ts'
import { expect, test, WITHOUT_SERVICE_WORKER } from '../fixtures/test.ts'

test.use(WITHOUT_SERVICE_WORKER)

test('two peers on different servers that share a Redis: found, linked, transferred', async ({
  openPeer,
}) => {
  const redis = await RedisProcess.start()
  const env = { REDIS_URL: redis.url }
  const [first, second] = await Promise.all([TestServer.start(env), TestServer.start(env)])
  try {
    const file = makeFile(scratch(), 'across servers.bin', 8 * MiB)
    const sender = await openPeer('', undefined, first)
    const { link, infoHash } = await sender.shareFiles(file.path)
    const receiver = await openPeer(new URL(link).hash, undefined, second)
    await receiver.untilShare((share) => share.peers.length === 1)
    await receiver.download()
    await receiver.untilDone(infoHash)
    expect(await receiver.save(infoHash)).toEqual({ sha: file.sha, name: 'across servers.bin' })
    expect((await sender.share(infoHash))?.uploadedBytes).toBe(8 * MiB)
  } finally {
    await Promise.all([first.kill(), second.kill()])
    await redis.close()
  }
})
