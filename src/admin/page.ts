import { createHash } from 'node:crypto'

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --good: #1a7f37; --bad: #cf222e }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #f85149 } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1rem; margin: 1.6rem 0 .4rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line) }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
nav a { margin-right: .8rem } .good { color: var(--good) } .bad { color: var(--bad) }
#token { display: none } .scroll { overflow-x: auto } input, button { font: inherit }
`

const script = `
const $ = (id) => document.getElementById(id)
let token = ''
const number = (value) => Number(value).toLocaleString('en')
const bytes = (value) => {
  let unit = 0
  while (value >= 1024 && unit < 4) { value /= 1024; unit++ }
  return (unit === 0 ? value : value.toFixed(1)) + ' ' + ['B', 'KiB', 'MiB', 'GiB', 'TiB'][unit]
}
const table = (id, head, rows) => {
  const line = (tag, cells) => {
    const row = document.createElement('tr')
    cells.forEach((cell, i) => {
      const box = document.createElement(tag)
      box.textContent = cell
      if (i > 0) box.className = 'n'
      row.append(box)
    })
    return row
  }
  $(id).replaceChildren(line('th', head), ...rows.map((row) => line('td', row)))
}
const show = (s) => {
  $('title').textContent = s.cluster + ' / ' + s.node.id
  $('state').textContent = s.ready ? 'ready' : s.draining ? 'draining' : 'not ready'
  $('state').className = s.ready ? 'good' : 'bad'
  $('facts').textContent = 'Headgate ' + s.node.version + ', ' + s.node.roles.join(' + ') + ', grade ' + s.node.grade +
    ', up ' + number(s.node.uptimeSeconds) + ' s, ' + bytes(s.memory.rssBytes) + ' of memory, ' +
    number(s.requests.perSecond) + ' requests a second (' + number(s.requests.readsPerSecond) + ' reads, ' +
    number(s.requests.writesPerSecond) + ' writes)'
  $('warnings').replaceChildren(...s.warnings.map((text) => {
    const item = document.createElement('li')
    item.textContent = text
    return item
  }))
  table('shards', ['shard', 'buckets', 'leader', 'records', 'size', 'committed', 'backlog', 'running', 'waiting'],
    s.shards.map((x) => [x.id, x.buckets.map((r) => r.join('-')).join(', '), x.leader ?? 'none',
      (x.records.exact ? '' : 'about ') + number(x.records.count), bytes(x.sizeBytes), number(x.commitIndex),
      bytes(x.backlogBytes), number(x.inFlight), number(x.queued)]))
  table('latency', ['operation', 'answers', 'p50 ms', 'p99 ms', 'max ms', 'queue p99 ms', 'store p99 ms'],
    s.latency.map((x) => [x.operation, number(x.count), x.p50Ms, x.p99Ms, x.maxMs, x.queueP99Ms ?? '-', x.storeP99Ms ?? '-']))
  table('listeners', ['listener', 'address', 'connections'],
    s.listeners.map((x) => [x.name, x.address, number(x.connections)]))
}
const refresh = async () => {
  try {
    const answer = await fetch('/v1/status', { headers: token === '' ? {} : { authorization: 'Bearer ' + token } })
    $('token').style.display = answer.status === 401 || answer.status === 403 ? 'block' : 'none'
    if (answer.ok) show(await answer.json())
    else $('state').textContent = 'status ' + answer.status
  } catch {
    $('state').textContent = 'unreachable'
    $('state').className = 'bad'
  }
}
$('token').addEventListener('submit', (event) => {
  event.preventDefault()
  token = new FormData($('token')).get('token')
  refresh()
})
refresh()
setInterval(refresh, 2000)
`

/** A plain page with links and live status. The token a reader enters stays in the page. */
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Headgate</title>
<style>${style}</style>
<h1><span id="title">Headgate</span>: <span id="state" role="status">asking</span></h1>
<p id="facts"></p>
<form id="token"><label>Token of a client with the role admin: <input name="token" type="password" autocomplete="off"></label>
<button>Show</button></form>
<ul id="warnings" class="bad"></ul>
<h2>Shards</h2><div class="scroll"><table id="shards"></table></div>
<h2>Latency of the last minute</h2><div class="scroll"><table id="latency"></table></div>
<h2>Listeners</h2><div class="scroll"><table id="listeners"></table></div>
<h2>More</h2>
<nav><a href="/livez">livez</a><a href="/readyz">readyz</a><a href="/startupz">startupz</a><a href="/metrics">metrics</a>
<a href="/v1/status">status</a><a href="/v1/topology">topology</a><a href="/v1/nodes">nodes</a>
<a href="/v1/signals">signals</a><a href="/v1/explain?op=read&amp;key=hello">explain</a><a href="/v1/events">events</a></nav>
<script>${script}</script>
</html>
`

/** Nothing but this page's own style and script runs, and it talks to nobody but this server. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src ${sourceHash(style)}`,
  `script-src ${sourceHash(script)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

function sourceHash(source: string): string {
  return `'sha256-${createHash('sha256').update(source).digest('base64')}'`
}
