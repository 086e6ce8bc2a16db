import type { SimCoordinator } from './sim-coordinator.ts'
import type { SimNetwork } from './sim-network.ts'
import type { SimNode } from './sim-node.ts'
import type { World } from './world.ts'

export interface Faulty {
  readonly world: World
  readonly nodes: readonly SimNode[]
  readonly network: SimNetwork
  readonly coordinator: SimCoordinator
  /** Whether the shard survives the loss of what is on this node's disk. */
  readonly mayLose: (node: SimNode) => boolean
  readonly note: (what: string) => void
}

type Fault = (faulty: Faulty) => void

/** What may happen to a cluster. Each fault ends by itself, or with the next `heal`. */
export const faults: Readonly<Record<string, Fault>> = {
  kill: (faulty) => stopAndStart(faulty, 'kill'),
  'power-cut': (faulty) => stopAndStart(faulty, 'power-cut'),
  'power-cut-everywhere': (faulty) => {
    for (const node of faulty.nodes) if (node.listening) restart(faulty, node, 'power-cut', 500)
  },
  pause: (faulty) => {
    const { world } = faulty
    const node = world.pick(faulty.nodes)
    if (!node.listening || node.paused) return
    node.pause()
    const ms = world.between(20, 6_000)
    faulty.note(`${node.name} stands still for ${Math.round(ms)} ms`)
    world.after(ms, () => node.resume())
  },
  partition: ({ world, nodes, network, note }) => {
    const inside = nodes.filter(() => world.chance(0.5))
    note(`${inside.map(({ name }) => name).join(', ') || 'nobody'} cut off from the others`)
    for (const a of nodes) {
      for (const b of nodes) if (inside.includes(a) !== inside.includes(b)) network.block(a.name, b.name)
    }
    world.after(world.between(50, 5_000), () => network.unblockAll())
  },
  'one-way': ({ world, nodes, network, note }) => {
    const [from, to] = [world.pick(nodes), world.pick(nodes)]
    if (from === to) return
    note(`nothing gets from ${from.name} to ${to.name}`)
    network.block(from.name, to.name)
    world.after(world.between(50, 5_000), () => network.unblockAll())
  },
  disconnect: ({ world, nodes, network, note }) => {
    const [a, b] = [world.pick(nodes), world.pick(nodes)]
    if (a === b) return
    note(`the connection of ${a.name} and ${b.name} ends`)
    network.close(a.name, b.name)
  },
  'coordination-out': ({ world, nodes, coordinator, note }) => {
    const out = world.chance(0.5) ? nodes : [world.pick(nodes)]
    note(`no coordination for ${out.map(({ name }) => name).join(', ')}`)
    for (const { name } of out) coordinator.block(name)
    world.after(world.between(100, 6_000), () => coordinator.unblockAll())
  },
  'slow-disk': ({ world, nodes, note }) => {
    const node = world.pick(nodes)
    note(`the disk of ${node.name} is slow`)
    node.disk.latencyMs = [50, 400]
    world.after(world.between(500, 4_000), () => {
      node.disk.latencyMs = [0.2, 3]
    })
  },
  'slow-network': ({ world, network, note }) => {
    note('the network is slow')
    network.latencyMs = [1, 120]
    world.after(world.between(500, 3_000), () => {
      network.latencyMs = [0.1, 2]
    })
  },
  'lost-disk': (faulty) => {
    const { world, nodes } = faulty
    const node = world.pick(nodes)
    if (!faulty.mayLose(node)) return
    const old = world.chance(0.5)
    restart(faulty, node, 'power-cut', world.between(10, 2_000), () => {
      if (!faulty.mayLose(node)) return
      if (old && node.disk.restore()) return faulty.note(`an old copy is put on the disk of ${node.name}`)
      node.disk.lose()
      faulty.note(`${node.name} has a new disk`)
    })
  },
  'copy-disk': ({ world, nodes }) => world.pick(nodes).disk.save(),
}

function stopAndStart(faulty: Faulty, how: 'kill' | 'power-cut'): void {
  const { world, nodes } = faulty
  const node = world.pick(nodes)
  if (node.listening) restart(faulty, node, how, world.chance(0.5) ? world.between(1, 200) : world.between(200, 6_000))
}

function restart(
  { world, note }: Faulty,
  node: SimNode,
  how: 'kill' | 'power-cut',
  afterMs: number,
  meanwhile: () => void = () => undefined,
): void {
  if (!node.listening) return
  note(`${how} of ${node.name}, which starts again in ${Math.round(afterMs)} ms`)
  node.stop(how)
  world.after(afterMs, () => {
    meanwhile()
    if (!node.listening) node.start()
  })
}
