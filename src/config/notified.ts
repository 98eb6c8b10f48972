/** Subjects of notifications: an endpoint, a pool, or a load balancer or an alarm, which the reference API does not have. */
export const EVENT_SOURCES = ['pool', 'origin', 'load_balancer', 'alarm'] as const;
export type EventSource = (typeof EVENT_SOURCES)[number];
/** The new health in a notification. */
export const NEW_HEALTHS = ['Unhealthy', 'Healthy'] as const;
export type NewHealth = (typeof NEW_HEALTHS)[number];

/** Selects the notifications of a destination; an absent property selects all. */
export interface DestinationFilter {
  /** Identifiers of pools; load balancers are not selected then. This and `newHealth` do not apply to alarms. */
  readonly poolIds?: readonly string[];
  readonly newHealth?: readonly NewHealth[];
  readonly eventSource?: readonly EventSource[];
}

/** A webhook that receives notifications. */
export interface Webhook {
  /** Unique among the webhooks; the log shows it. */
  readonly name: string;
  /** http or https. Never shown, since many receivers have a secret in it. */
  readonly url: string;
  /** Sent in the header field `cf-webhook-auth`. Never shown. */
  readonly secret?: string;
  readonly filter: DestinationFilter;
}

/** Protection of the connection to a mail server: STARTTLS, which is required then, TLS from the start, or none. */
export const MAIL_SECURITIES = ['starttls', 'tls', 'none'] as const;
export type MailSecurity = (typeof MAIL_SECURITIES)[number];

/** The mail server that receives all mail. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly security: MailSecurity;
  /** Absent: no login. Never shown. */
  readonly login?: { readonly user: string; readonly password: string };
  readonly from: string;
  /** Addresses that get every notification that passes the filter. Pools can have further addresses. */
  readonly to: readonly string[];
  readonly filter: DestinationFilter;
}

/** The destinations of notifications. */
export interface Notifications {
  readonly webhooks: readonly Webhook[];
  /** Absent: no mail is sent. */
  readonly mail?: MailServer;
}
