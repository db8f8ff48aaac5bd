// Keeps the session of this page alive and true: loads what the page did not
// say, renews the token, follows the other tabs.

import type { GetTokenOptions, SignOutOptions } from "./public"
import { FetchError, exclusively, refused, request, retry } from "./fapi"
import { orgOf } from "./has"
import { attempt, cookies, fields, focused, text, visible, writeCookies } from "./page"
import { createState, sessionClaims } from "./state"
import { type Token, decode, lead, now, remaining, seconds, synchronise } from "./token"
import { userOf } from "./user"

const usable = 5e3 // ms a token must have left to be handed out (protocol reference 8.7)
const pause = 30e3 // ms the poller rests after a request failed

const state = createState(() => {
	wanted = true
	if (!loading && now() >= rest) void load()
})
const sid = () => text(state.claims()?.["sid"])
const uat = () => cookies("__client_uat")[0] ?? ""

let wanted = false // somebody reads what the page did not say
let seen: string | undefined = uat() // the client's last change this page knows of
let rest = 0
let timer: ReturnType<typeof setTimeout>
let own: Token | undefined // for browsers that refuse cookies
let loading: Promise<void> | undefined
const templates = new Map<string, Token>()
const flights = new Map<string, Promise<string | null>>()

const channel = attempt(() => new BroadcastChannel("clerk"))
const tell = (type: string) => attempt(() => channel?.postMessage({ type, sessionId: sid() }))

/** The newest token of the present session, from this tab or another. */
const newest = (): Token | undefined =>
	[own, ...cookies("__session").map(decode)]
		.filter((token): token is Token => !!token && token.claims["sid"] === sid())
		.sort((a, b) => seconds(b.claims["iat"]) - seconds(a.claims["iat"]))[0]

const forget = () => {
	own = undefined
	templates.clear()
	writeCookies("__session", "")
	writeCookies("clerk_active_context", "")
	tell("signout")
	state.update(null)
}

/** Takes over what GET /client says (protocol reference 8.4, 8.5). */
const follow = async (client: Record<string, unknown>) => {
	const list = client["sessions"]
	const live = (Array.isArray(list) ? list.map(fields) : []).filter((item) => /^(active|pending)$/.test(item["status"] as string))
	const session = live.find((item) => item["id"] === client["last_active_session_id"]) ?? live[0]
	if (!session) return state.claims() ? forget() : state.update(null)
	// A session with tasks left counts as signed out, but keeps its cookies.
	if (session["status"] == "pending") return state.update(null)
	const id = session["id"] as string
	const org = text(session["last_active_organization_id"]) ?? ""
	const token = decode(fields(session["last_active_token"])["jwt"]) ?? (await mint(id, "", org))
	const claims = sessionClaims(token.claims)
	const user = userOf(session["user"])
	if (claims?.["sid"] !== id || claims["sub"] !== user?.id) throw new FetchError(0)
	const known = state.claims()
	const older = known?.["sid"] === id && seconds(known["iat"]) > seconds(claims["iat"])
	if (!older) own = token
	state.update(older ? known! : claims, user)
}

const load = (): Promise<void> =>
	(loading ??= (async () => {
		seen = uat()
		try {
			const answer = await retry(4, 500, () => request(""))
			await follow(fields(answer["response"]))
		} catch (error) {
			rest = now() + pause
			seen = undefined
			const known = cookies("__session").map(decode)[0]
			if ((error as FetchError).status == 401 || uat() == "0") state.claims() ? forget() : state.update(null)
			else if (state.claims() === undefined && sessionClaims(known?.claims)) state.update(known!.claims)
		}
	})().finally(() => (loading = undefined)))

/** Fetches a token and notes the service's time. */
const mint = async (id: string, template: string, org: string): Promise<Token> => {
	const path = `/sessions/${encodeURIComponent(id)}/tokens` + (template && "/" + encodeURIComponent(template))
	const token = decode((await request(path, template ? {} : { organization_id: org }))["jwt"])
	if (!token) throw new FetchError(0)
	synchronise(token)
	return token
}

const adopt = (token: Token) => {
	const claims = sessionClaims(token.claims)
	if (claims) state.update(claims)
	return token.jwt
}

const renew = async (id: string, template: string, skipCache?: boolean): Promise<string | null> => {
	const once = async () => {
		if (sid() != id) return null
		const shared = !template && !skipCache && newest()
		if (shared && remaining(shared) > lead(shared)) return adopt(shared) // another tab was faster
		const token = await mint(id, template, orgOf(state.claims()!).orgId ?? "")
		if (sid() != id || (uat() == "0" && seen != "0")) return null // signed out meanwhile
		if (template) {
			templates.set(template, token)
			return token.jwt
		}
		own = token
		writeCookies("__session", token.jwt)
		return adopt(token)
	}
	try {
		return await retry(8, 3e3, () => exclusively(once))
	} catch (error) {
		rest = now() + pause
		if (refused(error)) await load()
		if (sid() != id) return null
		throw error
	}
}

const flight = (template = "", skipCache?: boolean) => {
	const running = flights.get(template)
	if (running) return running
	const started = renew(sid()!, template, skipCache).finally(() => flights.delete(template))
	flights.set(template, started)
	return started
}

const getToken = async ({ template, skipCache }: GetTokenOptions = {}): Promise<string | null> => {
	if (state.claims() === undefined) await load()
	if (state.claims() === undefined) throw new FetchError(0)
	if (!sid()) return null
	const token = template ? templates.get(template) : newest()
	return token && !skipCache && remaining(token) > usable ? token.jwt : flight(template, skipCache)
}

/** Ends all sessions of the browser (protocol reference 8.8). */
export const signOut = async ({ redirectUrl = "/" }: SignOutOptions = {}) => {
	try {
		await retry(3, 500, () => request("/sessions?_method=DELETE", {}))
	} catch (error) {
		if ((error as FetchError).status != 401) throw error
	}
	forget()
	seen = uat() // this page made the change
	const url = attempt(() => new URL(redirectUrl, location.href))
	location.assign(url && /^https?:$/.test(url.protocol) ? url.href : "/")
}

const tick = () => {
	clearTimeout(timer)
	timer = setTimeout(tick, attempt(focused) ? 1500 : 5000)
	if (now() < rest || (state.claims() === undefined && !wanted)) return
	if (uat() !== seen) return void load()
	const token = newest()
	if (!sid() || !attempt(visible)) return
	if (!token || remaining(token) <= lead(token)) void flight().catch(() => {})
	else if (seconds(token.claims["iat"]) > seconds(state.claims()?.["iat"])) adopt(token)
}

const wake = () => {
	rest = 0
	tick()
}

const hear = ({ data }: MessageEvent) => {
	const { type, sessionId } = fields(data)
	const claims = state.claims()
	const differs = type === "session" ? (sessionId === null || text(sessionId)) && sessionId !== sid() : type === "signout" && claims
	if (differs && claims !== undefined) void load()
}

channel?.addEventListener("message", hear)
for (const type of ["focus", "visibilitychange", "pageshow", "online"]) addEventListener(type, wake)

if (state.claims() !== undefined) {
	tell("session")
	// A page out of a cache may tell of somebody who has left, or miss one who has come.
	if (state.claims() ? uat() == "0" : Number(uat()) > 0) void load()
}
tick()

export const auth = { ...state.auth, getToken, signOut }
export const person = state.person
