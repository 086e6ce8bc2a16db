/** What the HTTP ingress needs of the settings; the names are those of `limits` in the configuration. */
export interface HttpSettings {
  readonly maxHeaderBytes: number
  readonly maxHeaders: number
  /** From the first byte of a request to the end of its head. */
  readonly headersTimeoutMs: number
  /** From the first byte of a request to its last; also how long a client may leave an answer unread. */
  readonly requestTimeoutMs: number
  /** Of a connection between requests. */
  readonly idleTimeoutMs: number
  readonly maxValueBytes: number
  /** Of the JSON body of a batch, a query or a lease. */
  readonly maxRequestBytes: number
  readonly maxBatchOps: number
  /** Requests of one connection read ahead of their answers. */
  readonly pipelineHttp: number
  /** Deadline of an operation on records; `Headgate-Timeout` may lower it. */
  readonly timeoutMs: number
  /** Deadline of a query, a count, and each page of a scan. */
  readonly queryTimeoutMs: number
  /** How old an answer of consistency `default` may be unless the request says so. */
  readonly maxStalenessMs: number
  /** Memory of all bodies together that did not arrive in one piece. */
  readonly bodyBudgetBytes: number
}
