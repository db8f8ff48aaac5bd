// Reading session tokens. Nothing is verified here: the server does that.

import type { Claims } from "./public"
import { attempt, fields } from "./page"

export interface Token {
	readonly jwt: string
	readonly claims: Claims
}

/** Seconds of a date claim, 0 if it is none. */
export const seconds = (value: unknown): number => (Number.isFinite(value) ? (value as number) : 0)

/** Splits a JWT, undefined if it is not one of a session. */
export const decode = (jwt: unknown): Token | undefined =>
	attempt(() => {
		const payload = (jwt as string).split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/")
		const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0))
		return { jwt: jwt as string, claims: fields(JSON.parse(new TextDecoder().decode(bytes))) }
	})

// The device clock may be wrong by a day, be set while the page is open, or
// stand still while the machine sleeps. Time is therefore what the service last
// said plus the time gone by since, taken from whichever clock moved further: an
// error can only make a token look older than it is, which costs one request.
let base = Date.now()
let wall = base
let steady = performance.now()

/** The service's time in milliseconds, or the device's until a token was fetched. */
export const now = () => base + Math.max(performance.now() - steady, Date.now() - wall)

/** Notes that a token was made just now. */
export const synchronise = ({ claims }: Token) => {
	base = seconds(claims["iat"]) * 1000 || now()
	wall = Date.now()
	steady = performance.now()
}

/** Milliseconds a token has to live; none if it comes from the future, as the clock is wrong then. */
export const remaining = ({ claims }: Token) =>
	seconds(claims["iat"]) * 1000 > now() + 5e3 ? 0 : seconds(claims["exp"]) * 1000 - now()

/** Milliseconds before expiry at which to fetch the next one: 17 s, less for short lives (protocol reference 8.7). */
export const lead = ({ claims }: Token) => Math.min(17e3, (seconds(claims["exp"]) - seconds(claims["iat"])) * 500)
