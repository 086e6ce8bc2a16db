import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { HistogramSpec, Labels, MetricSpec, ValueSpec } from './metric.ts'

export const metricPrefix = 'headgate_'

/** A registry of its own, whose metrics are read when it is rendered. Import this module late: it loads prom-client. */
export function createRegistry(specs: readonly MetricSpec[]): Registry {
  const registry = new Registry()
  for (const spec of specs) {
    if (spec.type === 'histogram') new ScrapedHistogram(spec, registry)
    else registerValue(spec, registry)
  }
  return registry
}

function registerValue(spec: ValueSpec, registry: Registry): void {
  const configuration = configurationOf(spec, registry)
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

function configurationOf({ name, help, labels }: MetricSpec, registry?: Registry) {
  const registers = registry === undefined ? [] : [registry]
  return { name: `${metricPrefix}${name}`, help, labelNames: [...labels], registers }
}

type Scraped = Awaited<ReturnType<Histogram['get']>>

/** Takes its counts from elsewhere: prom-client's `collect` can only observe values one by one. */
class ScrapedHistogram extends Histogram {
  private readonly spec: HistogramSpec
  /** Never observed; gives the answer its form. */
  private readonly form: Histogram

  constructor(spec: HistogramSpec, registry: Registry) {
    const buckets = [...spec.boundsSeconds]
    super({ ...configurationOf(spec, registry), buckets })
    this.spec = spec
    this.form = new Histogram({ ...configurationOf(spec), buckets })
  }

  override async get(): Promise<Scraped> {
    const { spec } = this
    const form = await this.form.get()
    const values: Scraped['values'] = []
    spec.read(({ counts, count, sumMs }, labels) => {
      const add = (suffix: string, value: number, extra: Labels = {}) => {
        values.push({ metricName: `${form.name}_${suffix}`, value, labels: { ...extra, ...labels } })
      }
      for (const [i, le] of spec.boundsSeconds.entries()) add('bucket', counts[i]!, { le })
      add('bucket', count, { le: '+Inf' })
      add('sum', sumMs / 1000)
      add('count', count)
    })
    return { ...form, values }
  }

  /** What the registry calls instead of `get` to render the page. */
  async getForPromString(): Promise<Scraped> {
    return await this.get()
  }
}
