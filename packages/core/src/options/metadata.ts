/** What an authorization server says of itself (RFC 8414 §2), as far as tokens need it. */
export interface Metadata {
  readonly tokenEndpoint: URL;
  /** The same for clients with a certificate (RFC 8705 §5). */
  readonly mutualTlsEndpoint: URL;
  /** When it was read, in monotonic milliseconds. */
  readonly readAt: number;
}

/** What one manager knows of an issuer. */
export interface KnownIssuer {
  metadata: Metadata | undefined;
  /** The one request for all who wait. */
  loading: Promise<Metadata> | undefined;
}
