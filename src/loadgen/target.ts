import type { LoadTarget } from './load-settings.ts'

const protocols = { 'http:': ['http', 7400], 'redis:': ['resp', 7401] } as const

/**
 * Reads `http://host:port` or `redis://[user[:token]@]host:port`. A token given apart wins over one in the URL.
 * Throws an Error with a sentence for a person.
 */
export function parseTarget(text: string, token: string | undefined): LoadTarget {
  if (!URL.canParse(text)) throw new Error(`"${text}" is no URL; try http://127.0.0.1:7400 or redis://127.0.0.1:7401`)
  const url = new URL(text)
  if (!(url.protocol in protocols)) {
    throw new Error(`"${url.protocol}//" cannot be a target; http:// and redis:// can`)
  }
  const [protocol, defaultPort] = protocols[url.protocol as keyof typeof protocols]
  if (url.pathname !== '' && url.pathname !== '/') throw new Error(`a target has no path, but "${text}" has one`)
  const httpDefault = protocol === 'http' ? 80 : defaultPort
  const explicit = /:\d+\/?$/.test(text)
  return {
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port !== '' ? Number(url.port) : explicit ? httpDefault : defaultPort,
    user: url.username === '' ? undefined : decodeURIComponent(url.username),
    token: token ?? (url.password === '' ? undefined : decodeURIComponent(url.password)),
  }
}

export function formatTarget(target: LoadTarget): string {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host
  return `${target.protocol === 'http' ? 'http' : 'redis'}://${host}:${target.port}`
}
