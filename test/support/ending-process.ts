/** A process that ends as native code may: by a signal, before it answers. */
process.once('message', () => process.kill(process.pid, 'SIGABRT'));
