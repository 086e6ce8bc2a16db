import { batch } from './calls/batch.ts'
import { count } from './calls/count.ts'
import { createRecord } from './calls/create-record.ts'
import { getLease, grantLease, keepLeaseAlive, listLeases, revokeLease } from './calls/leases.ts'
import { query } from './calls/query.ts'
import { getRecord, headRecord } from './calls/read-record.ts'
import { scan } from './calls/scan.ts'
import { deleteRecord, putRecord } from './calls/write-record.ts'
import { type RouteTable, resource } from './routes.ts'

/** The records API: every resource, with what its methods do. */
export const recordsApi: RouteTable = {
  record: resource({ GET: getRecord, HEAD: headRecord, PUT: putRecord, DELETE: deleteRecord }),
  lease: resource({ GET: getLease, DELETE: revokeLease }),
  keepAlive: resource({ POST: keepLeaseAlive }),
  fixed: new Map([
    ['/v1/records', resource({ GET: scan, POST: createRecord })],
    ['/v1/batch', resource({ POST: batch })],
    ['/v1/count', resource({ GET: count })],
    ['/v1/query', resource({ POST: query })],
    ['/v1/leases', resource({ GET: listLeases, POST: grantLease })],
  ]),
}
