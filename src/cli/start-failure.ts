import { join } from 'node:path'
import { isStartRefusal } from '../assembly/start-refusal.ts'
import { listenerNames } from '../config/sections/listen.ts'
import type { Settings } from '../config/settings.ts'
import { DataLocked } from '../stores/data-lock.ts'
import { folderHolder } from './doctor/folder-holder.ts'
import { obstacleTo } from './obstacle.ts'

type SystemError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number }

export interface StartFailure {
  /** Why a node did not start and what to do, in a sentence or two. */
  readonly why: string
  /** The sentence says all there is to say; the stack of the error would only hide it. */
  readonly known: boolean
}

export function startFailure(error: unknown, settings: Settings): StartFailure {
  const why = knownCause(error, settings)
  if (why !== undefined) return { why, known: true }
  return { why: error instanceof Error ? error.message : String(error), known: false }
}

function knownCause(error: unknown, settings: Settings): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof DataLocked) {
    const holder = holderOf(settings.node.dataDir)
    const named = holder === undefined ? 'stop that one' : `it is process ${holder}; stop that one`
    return `${error.message}: ${named}, or choose another node.dataDir`
  }
  if (isStartRefusal(error)) return error.message
  const failed = error as SystemError
  return aboutPort(failed, settings) ?? aboutFolder(failed, settings)
}

/** Who holds the folder, as far as this user may see. */
function holderOf(dataDir: string): number | undefined {
  try {
    return folderHolder(dataDir)
  } catch {
    // The folder has gone meanwhile.
    return undefined
  }
}

function aboutPort({ code, port, address, syscall }: SystemError, { listen }: Settings): string | undefined {
  // The socket that locks the folder has a path, and this as its port.
  if (port === -1) return undefined
  const name = listenerNames.find((each) => listen[each].port === port)
  const option = name === undefined ? 'listen' : `listen.${name}`
  const where = `${address ?? ''}:${port}`
  if (code === 'EADDRINUSE') {
    const free = `--set ${option}.port=${(port ?? 0) + 10}`
    return `${where} is already in use: another Headgate, or another program. Stop it, or choose another port: ${free}`
  }
  if (code === 'EACCES' && syscall === 'listen') {
    return `this user may not listen on ${where}: choose a port above 1023 with ${option}.port`
  }
  if (code === 'EADDRNOTAVAIL') return `${address} is no address of this machine: correct ${option}.host`
  if (code === 'ENOTFOUND' && syscall === 'getaddrinfo') {
    return `${(address ?? '') || 'a host name in listen'} cannot be resolved: correct the host under listen`
  }
  return undefined
}

function aboutFolder({ code, path, message }: SystemError, { node }: Settings): string | undefined {
  if (code === 'EMFILE') return `too many open files: raise the limit (ulimit -n); ${message}`
  if (path !== undefined && !onTheWay(path, node.dataDir)) return undefined
  const where = path ?? node.dataDir
  if (code === 'EACCES' || code === 'EPERM') {
    const obstacle = obstacleTo(node.dataDir)
    if (obstacle === undefined) return `this user may not use ${where}: change its owner, or node.dataDir`
    const { folder, detail } = obstacle
    const inside = folder === node.dataDir ? '' : `, in which node.dataDir ${node.dataDir} lies`
    return `${detail}${inside}: change its owner or mode, or node.dataDir`
  }
  if (code === 'ENOENT') return `${where} cannot be made there: choose another node.dataDir`
  if (code === 'EROFS') return `${where} is on a read-only file system: choose another node.dataDir`
  if (code === 'ENOSPC') return `the disk of ${where} is full: make room, or choose another node.dataDir`
  if (code === 'ENOTDIR' || code === 'EEXIST') return `${where} is not a folder: choose another node.dataDir`
  return undefined
}

/** Whether a path is the folder, in it, or one that it lies in: errors about others have nothing to do with it. */
function onTheWay(path: string, folder: string): boolean {
  const within = (inner: string, outer: string) => inner === outer || inner.startsWith(join(outer, '/'))
  // The lock names the folder through a descriptor.
  return within(path, folder) || within(folder, path) || within(path, '/proc/self/fd')
}
