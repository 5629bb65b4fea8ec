// Loaded into a server under test, which runs with --expose-gc: what it holds can only be told from what it has not
// cleaned up yet by cleaning up. A signal that ends nothing: the server shuts down on SIGUSR2.
process.on('SIGWINCH', () => {
  globalThis.gc()
  console.log(`heap after collection: ${String(process.memoryUsage().heapUsed)} bytes`)
})
