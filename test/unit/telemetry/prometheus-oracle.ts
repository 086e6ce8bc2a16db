import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { metricPrefix } from '../../../src/telemetry/metrics/exposition.ts'
import type { HistogramSpec, Labels, MetricSpec, ValueSpec } from '../../../src/telemetry/metrics/metric.ts'

/** The same metrics in prom-client, to compare what it renders. */
export function createRegistry(specs: readonly MetricSpec[]): Registry {
  const registry = new Registry()
  for (const spec of specs) {
    if (spec.type === 'histogram') new MirroredHistogram(spec, registry)
    else mirrorValue(spec, registry)
  }
  return registry
}

function mirrorValue(spec: ValueSpec, registry: Registry): void {
  const configuration = {
    name: `${metricPrefix}${spec.name}`,
    help: spec.help,
    labelNames: [...spec.labels],
    registers: [registry],
  }
  if (spec.type === 'counter') {
    new Counter({
      ...configuration,
      collect() {
        this.reset()
        spec.read((value, labels) => this.inc(labels ?? {}, value))
      },
    })
    return
  }
  new Gauge({
    ...configuration,
    collect() {
      this.reset()
      spec.read((value, labels) => this.set(labels ?? {}, value))
    },
  })
}

type Collected = Awaited<ReturnType<Histogram['get']>>

/** Shows counts that are kept elsewhere. */
class MirroredHistogram extends Histogram {
  private readonly spec: HistogramSpec
  /** Never observed; gives the answer its form. */
  private readonly form: Histogram

  constructor(spec: HistogramSpec, registry: Registry) {
    const configuration = {
      name: `${metricPrefix}${spec.name}`,
      help: spec.help,
      labelNames: [...spec.labels],
      buckets: [...spec.boundsSeconds],
    }
    super({ ...configuration, registers: [registry] })
    this.spec = spec
    this.form = new Histogram({ ...configuration, registers: [] })
  }

  override async get(): Promise<Collected> {
    const { spec } = this
    const name = `${metricPrefix}${spec.name}`
    const values: Collected['values'] = []
    spec.read(({ counts, count, sumMs }, labels) => {
      const add = (metricName: string, value: number, extra: Labels = {}) => {
        values.push({ metricName, value, labels: { ...extra, ...labels } })
      }
      for (const [i, bound] of spec.boundsSeconds.entries()) add(`${name}_bucket`, counts[i]!, { le: bound })
      add(`${name}_bucket`, count, { le: '+Inf' })
      add(`${name}_sum`, sumMs / 1000)
      add(`${name}_count`, count)
    })
    return { ...(await this.form.get()), values }
  }

  /** What the registry calls instead of `get` to render text. */
  async getForPromString(): Promise<Collected> {
    return await this.get()
  }
}
