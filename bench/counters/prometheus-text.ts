/** One line of Prometheus' text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g

/** The samples of a page of metrics; comments and lines that are none are left out. */
export function parsePrometheus(text: string): readonly Sample[] {
  return text.split('\n').flatMap((each) => {
    const match = each.startsWith('#') ? null : line.exec(each)
    if (match === null) return []
    const labels = Object.fromEntries([...(match[2] ?? '').matchAll(label)].map(([, name, value]) => [name!, value!]))
    return [{ name: match[1]!, labels, value: Number(match[3]) }]
  })
}

/** The sum of a name's samples whose labels fit. */
export function sumOf(
  samples: readonly Sample[],
  name: string,
  fits: (labels: Readonly<Record<string, string>>) => boolean = () => true,
): number {
  return samples.reduce((sum, each) => (each.name === name && fits(each.labels) ? sum + each.value : sum), 0)
}
