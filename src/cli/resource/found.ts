/** A load balancer, pool or monitor as the search of the API shows it. */
export interface FoundResource {
  readonly resource_id: string;
  readonly resource_name: string;
  readonly resource_type: 'load_balancer' | 'pool' | 'monitor';
}
