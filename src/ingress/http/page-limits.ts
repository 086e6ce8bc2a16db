/** Records or leases of a page. */
export const pageLimits = { usual: 100, most: 1000 } as const
