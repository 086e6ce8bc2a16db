import type { CityRecord } from './cities.ts'
import type { RecordsClient } from './records-client.ts'

const batchSize = 500
/** Batches on their way at the same time. */
const lanes = 4

/** Writes all records in batches; `onProgress` gets the number written so far. */
export async function loadCities(
  records: readonly CityRecord[],
  client: Pick<RecordsClient, 'putAll'>,
  onProgress: (done: number) => void,
): Promise<void> {
  let next = 0
  let done = 0
  const lane = async (): Promise<void> => {
    while (next < records.length) {
      const batch = records.slice(next, next + batchSize)
      next += batchSize
      await client.putAll(batch.map(({ key, city }) => ({ op: 'put', key, value: city })))
      done += batch.length
      onProgress(done)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
