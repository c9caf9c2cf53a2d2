/** Which of the endpoints of outlets the server of this commit has: what has none isn't offered. */
declare const __SERVED__: { outlets: boolean; reach: boolean }

export const served = __SERVED__
