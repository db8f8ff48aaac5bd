// Requests to the Frontend API (protocol reference 8.2, 8.3).

import type { FetchError as PublicError } from "./public"
import { attempt, fields, proxyUrl } from "./page"

export class FetchError extends Error implements PublicError {
	declare readonly status: number
	declare readonly after: number
	constructor(status: number, after = 0) {
		super("authctx: Frontend API answered " + (status || "nothing"))
		Object.assign(this, { status, after })
	}
}

/** Whether the service understood and said no, so that asking again is of no use. */
export const refused = (error: unknown) => {
	const { status } = error as FetchError
	return status >= 400 && status < 500 && status != 429
}

/** One exchange below /v1/client: GET without a form, POST with one. */
export const request = async (path: string, form?: Record<string, string>) => {
	const url = `${proxyUrl}/v1/client${path}${path.includes("?") ? "&" : "?"}__clerk_api_version=2026-05-12`
	try {
		const response = await fetch(url, {
			method: form ? "POST" : "GET",
			body: form && new URLSearchParams(form),
			cache: "no-store",
			credentials: "include",
			signal: attempt(() => AbortSignal.timeout(1e4)),
		})
		if (!response.ok) throw new FetchError(response.status, Number(response.headers.get("retry-after")) || 0)
		return fields(await response.json())
	} catch (error) {
		throw error instanceof FetchError ? error : new FetchError(0)
	}
}

/** Repeats what failed for want of an answer, waiting step·1.55ⁿ ms (protocol reference 8.7). */
export const retry = async <T>(tries: number, step: number, fn: () => Promise<T>): Promise<T> => {
	for (let n = 1; ; n++) {
		try {
			return await fn()
		} catch (error) {
			if (refused(error) || n >= (navigator.onLine === false ? 3 : tries)) throw error
			const wait = Math.max(step * 1.55 ** (n - 1), (error as FetchError).after * 1e3)
			await new Promise((done) => setTimeout(done, Math.min(wait, 5e4) * (0.75 + Math.random() / 2)))
		}
	}
}

/** Runs fn while no other tab does. A tab that cannot be waited for, or a browser without locks, costs one request more. */
export const exclusively = async <T>(fn: () => Promise<T>): Promise<T> => {
	let started = false
	const once = () => {
		started = true
		return fn()
	}
	try {
		const options = { signal: AbortSignal.timeout(8e3) }
		return (await navigator.locks.request("clerk.lock.refreshSessionToken", options, once)) as T
	} catch (error) {
		if (started) throw error
		return fn()
	}
}
