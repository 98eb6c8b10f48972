/** What a notification can be about: an endpoint, a pool, or an alarm, which the reference API has not. */
export const EVENT_SOURCES = ['pool', 'origin', 'alarm'] as const;
export type EventSource = (typeof EVENT_SOURCES)[number];
/** How something may be that somebody is notified of. */
export const NEW_HEALTHS = ['Unhealthy', 'Healthy'] as const;
export type NewHealth = (typeof NEW_HEALTHS)[number];

/** What a destination wants to hear of; what is absent narrows nothing. */
export interface DestinationFilter {
  /** Ids of pools. Alarms are of no single pool: this and `newHealth` do not touch them. */
  readonly poolIds?: readonly string[];
  readonly newHealth?: readonly NewHealth[];
  readonly eventSource?: readonly EventSource[];
}

/** Where notifications are posted to. */
export interface Webhook {
  /** Unique among the webhooks; it is what the log says of one. */
  readonly name: string;
  /** http or https. Never shown: many receivers have their secret in it. */
  readonly url: string;
  /** Sent as `cf-webhook-auth`; absent: no such field. Never shown. */
  readonly secret?: string;
  readonly filter: DestinationFilter;
}

/** How a connection to a mail server is protected: by TLS from the start, by STARTTLS or else no mail, or not. */
export const MAIL_SECURITIES = ['starttls', 'tls', 'none'] as const;
export type MailSecurity = (typeof MAIL_SECURITIES)[number];

/** The mail server that takes all mail. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly security: MailSecurity;
  /** Absent: none is needed. Never shown. */
  readonly login?: { readonly user: string; readonly password: string };
  readonly from: string;
  /** Who gets every notification that passes the filter; pools have addresses of their own besides. */
  readonly to: readonly string[];
  readonly filter: DestinationFilter;
}

/** Who is notified, and how. */
export interface Notifications {
  readonly webhooks: readonly Webhook[];
  /** Absent: no mail is sent. */
  readonly mail?: MailServer;
}
