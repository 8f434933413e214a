/** Seconds that tokens live: so short that a run sees many of them. */
export const lifetime = 12;

/** Milliseconds after which a token is renewed at the earliest: 80 % of its usable time, half of its life. */
export const earliestRenewal = 0.8 * (lifetime / 2) * 1_000;

/** Milliseconds for one acquisition, as `timeout` of the token manager. */
export const timeout = 1_500;

/** Milliseconds for one call of Redis, with room for many processes on few cores. */
export const deadline = 750;

/** Milliseconds between two looks at Redis: an hour's token can do with the usual minute. */
export const lookInterval = 1_000;

/** Milliseconds that the authorization server takes for a token. */
export const answerTime = 100;

/** Calls a second that each process makes. */
export const callRate = 5;

/** Milliseconds after which a call that has no answer counts as failed. */
export const callTimeout = 5_000;
