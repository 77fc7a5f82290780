// What the end of a job asks of the webhooks' deliveries.
export interface Webhooks {
  /** Has the job's webhook told of the outcome that stands, its `delivery`-th. May be repeated. */
  announce(id: string, delivery: number): Promise<void>;
  /** Takes back what waits to be delivered; before the job is removed. */
  forget(id: string): Promise<void>;
}
