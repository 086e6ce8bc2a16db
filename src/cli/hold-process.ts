import { MessageChannel } from 'node:worker_threads'

/** Keeps the process alive until the returned function is called; the runtime's timers deliberately do not. */
export function holdProcess(): () => void {
  const { port1 } = new MessageChannel()
  port1.ref()
  return () => port1.close()
}
