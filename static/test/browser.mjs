// A browser small enough to read: tabs with their own globals over one origin
// with a cookie jar, channels, locks, a service, and a clock that only moves
// when a test says so. The bundle under test is the one that is shipped.

import { readFileSync, readdirSync } from "node:fs"

const dist = new URL("../dist/", import.meta.url)
const bundle = readdirSync(dist).find((name) => /^authctx-[0-9a-f]{12}\.js$/.test(name))
// An ES module is turned into a function that takes its globals and returns its exports.
const source = readFileSync(new URL(bundle, dist), "utf8").replace(/export\{([^}]*)\};?\s*$/, (_, list) => {
	const pairs = list.split(",").map((item) => item.split(" as ").reverse().join(":"))
	return `return {${pairs.join(",")}}`
})

const pause = () => new Promise((done) => setImmediate(done))

/** Lets everything run that waits for nothing but promises. */
export const settle = async () => {
	for (let i = 0; i < 20; i++) await pause()
}

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString("base64url")

/** An unsigned session token: the runtime never verifies. */
export const jwt = (claims) => `${base64url({ alg: "RS256" })}.${base64url(claims)}.c2ln`

export const suffix = "naoXFJnI"

export class Origin {
	time = Date.UTC(2026, 10, 23, 12) // true time; devices may think otherwise
	timers = []
	jar = new Map()
	written = []
	channels = []
	posted = []
	requests = []
	lock = Promise.resolve()
	random = 0.5
	tabs = 0

	/** Moves time, running what falls due on the way. */
	async advance(ms) {
		const end = this.time + ms
		await settle()
		for (;;) {
			const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
			if (!due) break
			this.timers.splice(this.timers.indexOf(due), 1)
			this.time = Math.max(this.time, due.at)
			due.fn()
			await settle()
		}
		this.time = end
	}

	/** Moves time as sleep does: no timer runs meanwhile. */
	sleep(ms) {
		this.time += ms
		for (const timer of this.timers) timer.at += ms
	}

	setCookie(line) {
		this.written.push(line)
		const [pair, ...attributes] = line.split("; ")
		const at = pair.indexOf("=")
		if (attributes.includes("Max-Age=0")) this.jar.delete(pair.slice(0, at))
		else this.jar.set(pair.slice(0, at), pair.slice(at + 1))
	}

	/** Both spellings of a cookie, as the service sets them. */
	set(name, value) {
		for (const spelling of [name, `${name}_${suffix}`]) {
			if (value === undefined) this.jar.delete(spelling)
			else this.jar.set(spelling, String(value))
		}
	}

	request = (name, options, fn) => {
		const turn = this.lock.then(() => fn())
		this.lock = turn.catch(() => {})
		return turn
	}

	count(pattern) {
		return this.requests.filter(({ line }) => pattern.test(line)).length
	}
}

/** The Frontend API of one browser with at most one session. */
export class Service {
	status = {} // answers by kind of request: a status, "network", or nothing for success
	session = undefined
	lifetime = 60
	minted = 0
	last = undefined // token the client resource carries; not minted for it
	headers = {}

	constructor(origin) {
		this.origin = origin
	}

	proxy = "/__clerk"

	signIn(user = "user_ada", session = "sess_1", extra = {}) {
		this.session = { user, session, extra }
		const token = this.mint()
		this.origin.set("__client_uat", this.seconds())
		this.origin.set("__session", token)
		return token
	}

	signOut() {
		this.session = undefined
		this.origin.set("__client_uat", 0)
	}

	seconds() {
		return Math.floor(this.origin.time / 1000)
	}

	claims() {
		const { user, session, extra } = this.session
		const iat = this.seconds()
		return { v: 2, sub: user, sid: session, iat, nbf: iat - 10, exp: iat + this.lifetime, jti: String(this.minted), fva: [0, -1], ...extra }
	}

	mint() {
		this.minted++
		return (this.last = jwt(this.claims()))
	}

	client() {
		if (!this.session) return null
		const { user, session } = this.session
		return {
			object: "client",
			last_active_session_id: session,
			sessions: [
				{
					id: session,
					status: "active",
					last_active_token: this.last && { object: "token", jwt: this.last },
					last_active_organization_id: "org_9",
					user: { id: user, first_name: "Ada", last_name: "Lovelace", email_addresses: [{ id: "idn_1", email_address: "ada@example.com", verification: {} }], primary_email_address_id: "idn_1", public_metadata: { plan: "pro" }, unsafe_metadata: { secret: 1 }, created_at: 1000, updated_at: 2000 },
				},
			],
		}
	}

	answer(method, url, body) {
		if (method == "GET" && url.pathname == this.proxy + "/v1/client") return ["client", { response: this.client(), client: null }]
		if (url.searchParams.get("_method") == "DELETE") {
			this.signOut()
			return ["delete", { response: {}, client: null }]
		}
		const match = /\/sessions\/([^/]+)\/tokens(?:\/([^/]+))?$/.exec(url.pathname)
		if (!match || !this.session || match[1] != this.session.session) return ["tokens", undefined]
		return ["tokens", { object: "token", jwt: match[2] ? jwt({ ...this.claims(), template: match[2] }) : this.mint(), body }]
	}

	fetch = async (target, init) => {
		const url = new URL(target, "https://app.example.com")
		const kind = init.method == "GET" ? "client" : url.searchParams.has("_method") ? "delete" : "tokens"
		this.origin.requests.push({ line: `${init.method} ${url.pathname}`, url, body: init.body && String(init.body), init })
		await pause()
		await pause()
		const forced = this.status[kind]
		if (forced == "network") throw new TypeError("Failed to fetch")
		if (forced == "html") return new Response("<html>", { status: 200 })
		if (forced) return new Response(JSON.stringify({ errors: [{ code: "x" }] }), { status: forced, headers: this.headers })
		const [, answer] = this.answer(init.method, url, init.body)
		if (!answer) return new Response(JSON.stringify({ errors: [{ code: "signed_out" }] }), { status: 401 })
		return new Response(JSON.stringify(answer), { status: 200 })
	}
}

/** What the server puts into the props element. */
export const props = (claims, extra = {}, user) => ({
	__clerk_ssr_state: claims
		? { tokenType: "session_token", isAuthenticated: true, sessionClaims: claims, sessionId: claims.sid, userId: claims.sub, user }
		: { tokenType: "session_token", isAuthenticated: false, sessionClaims: null, sessionId: null, userId: null },
	publishableKey: "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k",
	cookieSuffix: suffix,
	proxyUrl: "/__clerk",
	...extra,
})

/** Opens a tab on a page. options: json or props, attributes of the script tag, skew of the device clock in ms, and what the browser lacks. */
export const open = (origin, service, options = {}) => {
	const { skew = 0, focused = true, visible = true, attributes = {}, without = [], protocol = "https:" } = options
	const view = { focused, visible, listeners: [], assigned: [], replaced: [], onLine: true, steady: 0, skew, cookies: !without.includes("cookies") }
	const id = ++origin.tabs

	class HTMLScriptElement {
		constructor(textContent, attributes = {}) {
			this.textContent = textContent
			this.getAttribute = (name) => attributes[name] ?? null
		}
	}
	const json = options.json ?? (options.props && JSON.stringify(options.props))
	class Document {
		querySelector(selector) {
			if (selector == 'script[type="application/json"][data-auth-props]') return json === undefined ? null : new HTMLScriptElement(json)
			const name = /^script\[([\w-]+)\]$/.exec(selector)?.[1]
			return name in attributes ? new HTMLScriptElement("", attributes) : null
		}
		get cookie() {
			if (!view.cookies) throw new Error("SecurityError")
			return [...origin.jar].map(([name, value]) => `${name}=${value}`).join("; ")
		}
		set cookie(line) {
			if (!view.cookies) throw new Error("SecurityError")
			origin.setCookie(line)
		}
		get visibilityState() {
			return view.visible ? "visible" : "hidden"
		}
		hasFocus() {
			return view.focused
		}
	}
	const document = new Document()
	// Markup such as <img name="cookie"> does this in a real page.
	if (options.clobbered)
		for (const name of ["cookie", "querySelector", "visibilityState", "hasFocus", "currentScript"])
			Object.defineProperty(document, name, { value: { tagName: "IMG" } })

	class BroadcastChannel {
		constructor(name) {
			if (without.includes("channels")) throw new Error("SecurityError")
			Object.assign(this, { name, id, listeners: [] })
			origin.channels.push(this)
		}
		addEventListener(_, fn) {
			this.listeners.push(fn)
		}
		postMessage(data) {
			origin.posted.push(structuredClone(data))
			for (const other of origin.channels)
				if (other.id != id && other.name == this.name)
					queueMicrotask(() => other.listeners.forEach((fn) => fn({ data: structuredClone(data) })))
		}
	}
	class DeviceDate extends Date {
		static now() {
			return origin.time + view.skew
		}
	}
	const globals = {
		document,
		Document,
		HTMLScriptElement,
		BroadcastChannel,
		Date: DeviceDate,
		performance: { now: () => origin.time - view.steady },
		location: { protocol, href: options.href ?? protocol + "//app.example.com/page", assign: (url) => view.assigned.push(url), replace: (url) => view.replaced.push(url) },
		navigator: {
			get onLine() {
				return view.onLine
			},
			locks: without.includes("locks") ? undefined : { request: origin.request },
		},
		addEventListener: (type, fn) => view.listeners.push([type, fn]),
		setTimeout: (fn, ms = 0) => {
			const timer = { at: origin.time + ms, fn, id: {} }
			origin.timers.push(timer)
			return timer
		},
		clearTimeout: (timer) => {
			origin.timers = origin.timers.filter((item) => item != timer)
		},
		fetch: service.fetch,
		AbortSignal: without.includes("signals") ? undefined : { timeout: () => undefined },
		Math: Object.create(Math, { random: { value: () => origin.random } }),
		...options.globals,
	}
	const load = new Function(...Object.keys(globals), `"use strict";${source}`)
	const exports = load(...Object.values(globals))
	const emit = (type) => view.listeners.filter(([name]) => name == type).forEach(([, fn]) => fn())
	return { ...exports, view, emit }
}

/** Collects what a store tells. */
export const watch = (store) => {
	const values = []
	store.subscribe((value) => values.push(value))
	return values
}
