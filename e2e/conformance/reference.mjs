// Answers requests as the published SDK does. Cases come in as JSON, one a line, and go out
// in the same order. Each has its own clock, and its own Backend API, which is a table of
// answers: nothing here touches the network.
let current
Date.now = () => current?.now ?? 0
globalThis.setTimeout = (callback, _delay, ...args) => setImmediate(callback, ...args) // no waiting between attempts
for (const level of ["log", "info", "warn", "error", "debug"]) console[level] = () => {}

globalThis.fetch = async (address, init = {}) => {
	const url = new URL(address)
	const kind = endpoints.find(([end]) => url.pathname.endsWith(end))?.[1] ?? "refresh"
	if (kind !== "jwks") current.calls.push(call(kind, init, url))
	const answer = current.backend[kind] ?? { fail: true }
	if (answer.fail) throw new TypeError("fetch failed")
	return new Response(answer.body || null, { status: answer.status, headers: { "content-type": answer.type ?? "application/json" } })
}

// endpoints tells what is asked by how the address ends.
const endpoints = [
	["/jwks", "jwks"],
	["/handshake_payload", "nonce"],
	["/api_keys/verify", "api_key"],
	["/oauth_applications/access_tokens/verify", "oauth_token"],
	["/m2m_tokens/verify", "m2m_token"],
]

// call is what the Backend API was asked, and about machine tokens with which key. The
// headers that are passed on to it are left out: they are everything the browser sent here,
// and a short list on the other side.
function call(kind, init, url) {
	const body = init.body ? JSON.parse(init.body) : undefined
	if (body) delete body.request_headers
	const key = kind === "nonce" || kind === "refresh" ? undefined : (new Headers(init.headers).get("authorization") ?? "")
	return { method: init.method ?? "GET", path: url.pathname, query: url.search, body, key }
}

const { createAuthenticateRequest, createRedirect } = await import("@clerk/backend/internal")
const { createClerkClient } = await import("@clerk/backend")

// Keys are remembered by where they come from, also those that are no longer published. A
// question with a set of its own has a place of its own.
let places = 0
const clients = new Map()
function authenticator(o, ownKeys) {
	// Verifying needs a secret key here, even where it is never used, but for machines alone.
	const secretKey = o.secretKey || (o.acceptsToken === "m2m_token" ? "" : "sk_unused")
	let found = ownKeys ? undefined : clients.get(secretKey)
	if (!found) {
		const host = ownKeys ? `api-${++places}.example.com` : "api.example.com"
		const options = { secretKey, apiUrl: "https://" + host, apiVersion: "v1" }
		const apiClient = o.secretKey ? createClerkClient({ ...options, telemetry: { disabled: true } }) : undefined
		found = createAuthenticateRequest({ options, apiClient }).authenticateRequest
		if (!ownKeys) clients.set(secretKey, found)
	}
	return found
}

// pages are where auth sends people to sign in or up, for what is configured: other pages have
// other defaults on the other side. A pending session's task has a page of its own only
// where the sign-in page is somebody else's.
function pages({ url, options, back, pages }, auth) {
	const { publishableKey, signInUrl, isSatellite } = options
	if (!auth || !pages) return {}
	const devBrowserToken = new URL(url).searchParams.get("__clerk_db_jwt")
	const params = { publishableKey, signInUrl, isSatellite, devBrowserToken, baseUrl: url, redirectAdapter: (page) => page }
	const way = { returnBackUrl: back || null }
	const elsewhere = new URL(createRedirect(params).redirectToSignIn(way)).origin !== new URL(url).origin
	const { redirectToSignIn, redirectToSignUp } = createRedirect({ ...params, sessionStatus: elsewhere ? auth.sessionStatus : undefined })
	return { signIn: redirectToSignIn(way), signUp: isSatellite ? redirectToSignUp(way).replace(/\/+create/, "/create") : "" }
}

async function ask(c) {
	current = c
	c.calls = []
	const request = new Request(c.url, { method: c.method, headers: c.headers })
	const state = await authenticator(c.options, c.ownKeys)(request, { ...c.options, secretKey: undefined, skipJwksCache: true })
	const auth = state.toAuth()
	return {
		status: state.status,
		reason: state.reason ?? "",
		headers: [...state.headers],
		auth: auth && { ...auth, getToken: undefined, has: undefined, debug: undefined },
		...pages(c, auth),
		has: auth && c.checks.map((check) => auth.has(check)),
	}
}

let rest = ""
for await (const chunk of process.stdin.setEncoding("utf8")) {
	const lines = (rest + chunk).split("\n")
	rest = lines.pop()
	let out = ""
	for (const line of lines) {
		const c = JSON.parse(line)
		const answer = await ask(c).catch((error) => ({ threw: String(error) }))
		out += JSON.stringify({ ...answer, calls: c.calls }) + "\n"
	}
	process.stdout.write(out)
}
