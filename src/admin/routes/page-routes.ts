import type { FastifyInstance, FastifyReply } from 'fastify'
import { contentSecurityPolicy, page } from '../page.ts'

/** The page holds nothing secret: what it shows it asks for, with the reader's token if one is needed. */
export function pageRoutes(app: FastifyInstance): void {
  const serve = (_request: unknown, reply: FastifyReply) =>
    reply
      .headers({ 'content-security-policy': contentSecurityPolicy, 'referrer-policy': 'no-referrer' })
      .type('text/html; charset=utf-8')
      .send(page)
  for (const path of ['/', '/dashboard']) app.get(path, { config: { open: true } }, serve)
}
