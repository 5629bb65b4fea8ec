import { readdirSync, readFileSync } from 'node:fs'
import { TestServer } from '../fixtures/server.ts'
import { BenchBrowser } from './browser.ts'
import { EnginePage, makeBenchFile } from './engine.ts'
import { closeRaw, connectRaw, sendRaw } from './raw.ts'
const MiB = 2 ** 20, bytes = 96 * MiB
function threads(b: BenchBrowser) {
  const parents = new Map<number, number>(); const out = new Map<string, number>()
  for (const n of readdirSync('/proc')) if (/^\d+$/.test(n)) try { const s = readFileSync(`/proc/${n}/stat`, 'utf8'); parents.set(+n, +s.slice(s.lastIndexOf(')') + 2).split(' ')[1]!) } catch {}
  const ours = (p: number) => { for (let a = p; a > 1; a = parents.get(a) ?? 0) if (a === b.process.pid) return true; return false }
  for (const pid of parents.keys()) if (ours(pid)) {
    let type = 'browser'; try { type = /--type=(\S+?)\0/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.[1] ?? 'browser'; if (/network/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))) type += '-net' } catch {}
    try { for (const t of readdirSync(`/proc/${pid}/task`)) { const s = readFileSync(`/proc/${pid}/task/${t}/stat`, 'utf8'); const f = s.slice(s.lastIndexOf(')') + 2).split(' ').map(Number); const name = s.slice(s.indexOf('(') + 1, s.lastIndexOf(')')); const k = type + '/' + name; out.set(k, (out.get(k) ?? 0) + f[11]! + f[12]!) } } catch {}
  }
  return out
}
const diff = (a: Map<string, number>, b: Map<string, number>) => [...b].map(([k, v]) => [k, (v - (a.get(k) ?? 0)) / 100 * 1024 * MiB / bytes] as const).filter(([, v]) => v > 1).sort((x, y) => y[1] - x[1]).map(([k, v]) => `${k} ${v.toFixed(1)}`).join('\n  ')
const server = await TestServer.start({ CLIENT_DIR: '/work/main/client/bench/dist' })
const A = await BenchBrowser.launch(), B = await BenchBrowser.launch()
const a = await EnginePage.start(await A.open(server.url)), b = await EnginePage.start(await B.open(server.url))
const path = makeBenchFile(bytes, 6); const ih = await a.share(path); await b.open(ih)
for (const [n, p] of [['send', a], ['recv', b]] as const) { const s = await p.page.context().newCDPSession(p.page); await s.send('Profiler.enable'); await s.send('Profiler.setSamplingInterval', { interval: 200 }); await s.send('Profiler.start'); (p as any).s = s; (p as any).n = n }
await b.download(ih); await b.done(ih)
for (const p of [a, b] as any[]) { const { profile } = await p.s.send('Profiler.stop'); const self = new Map<string, number>(); const dt = profile.timeDeltas; const byId = new Map(profile.nodes.map((n: any) => [n.id, n])); profile.samples.forEach((id: number, i: number) => { const n: any = byId.get(id); const k = n.callFrame.functionName + ':' + n.callFrame.lineNumber; self.set(k, (self.get(k) ?? 0) + dt[i]) }); console.log(p.n, [...self].sort((x, y) => y[1] - x[1]).slice(0, 28).map(([k, v]) => `${k} ${(v / 1e6 * 1024 * MiB / bytes).toFixed(2)}`).join('\n  ')) }
await A.close(); await B.close(); await server.kill(); process.exit(0)
