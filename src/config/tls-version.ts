/** The oldest version of TLS that listeners accept (RFC 8310 §8.1, RFC 9325 §3.1.1). */
export const TLS_VERSION_MIN = 'TLSv1.2';
