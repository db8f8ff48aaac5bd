import assert from "node:assert/strict"
import { test } from "node:test"
import { Origin, Service, open, props, settle, suffix, watch } from "./browser.mjs"

const day = 86_400_000

const signedIn = (options = {}) => {
	const origin = new Origin()
	const service = new Service(origin)
	Object.assign(service, options.service)
	const token = service.signIn("user_ada", "sess_1", options.claims)
	const tab = open(origin, service, { props: props(service.claims(), {}, { id: "user_ada" }), ...options })
	return { origin, service, token, tab, auth: tab.useAuth() }
}

test("getToken takes a good token from the cookie", async () => {
	const { origin, token, auth } = signedIn()
	await origin.advance(40_000)
	assert.equal(await auth.getToken(), token)
	assert.equal(origin.requests.length, 0)
})

test("the cookie of this instance comes before the plain one", async () => {
	const { origin, service, token, auth } = signedIn()
	origin.jar.set("__session", "other.instance.token")
	assert.equal(await auth.getToken(), token)
	origin.jar.set(`__session_${suffix}`, service.mint())
	assert.notEqual(await auth.getToken(), "other.instance.token")
	assert.equal(origin.requests.length, 0)
})

test("a token with 5 seconds left is fetched anew, one with 6 is not", async () => {
	const { origin, service, token, auth } = signedIn({ visible: false, focused: false })
	await origin.advance(54_000)
	assert.equal(await auth.getToken(), token)
	await origin.advance(1_000)
	const next = await auth.getToken()
	assert.notEqual(next, token)
	assert.equal(origin.requests.length, 1)
	const [{ line, body, init }] = origin.requests
	assert.equal(line, "POST /__clerk/v1/client/sessions/sess_1/tokens")
	assert.equal(body, "organization_id=")
	assert.equal(init.credentials, "include")
	assert.equal(service.minted, 2)
})

test("the organisation goes with the request", async () => {
	const { origin, auth } = signedIn({ claims: { o: { id: "org_1", rol: "admin" } } })
	await auth.getToken({ skipCache: true })
	assert.equal(origin.requests[0].body, "organization_id=org_1")
})

test("a fetched token is written to both cookies with the attributes of the protocol", async () => {
	const { origin, auth } = signedIn()
	const token = await auth.getToken({ skipCache: true })
	const attributes = "; Path=/; SameSite=Lax; Max-Age=31536000; Secure"
	assert.deepEqual(origin.written, [`__session_${suffix}=${token}${attributes}`, `__session=${token}${attributes}`])
})

test("on plain http the cookies are not Secure", async () => {
	const { origin, auth } = signedIn({ protocol: "http:" })
	await auth.getToken({ skipCache: true })
	assert.ok(origin.written.every((line) => line.endsWith("Max-Age=31536000")), origin.written.join("\n"))
})

test("many calls share one request", async () => {
	const { origin, auth } = signedIn()
	const tokens = await Promise.all(Array.from({ length: 10 }, () => auth.getToken({ skipCache: true })))
	assert.equal(new Set(tokens).size, 1)
	assert.equal(origin.requests.length, 1)
})

test("tokens of templates are kept apart and never become the session cookie", async () => {
	const { origin, token, auth } = signedIn()
	const [first, again] = [await auth.getToken({ template: "hasura/../x" }), await auth.getToken({ template: "hasura/../x" })]
	assert.equal(first, again)
	assert.notEqual(first, token)
	assert.equal(await auth.getToken(), token)
	assert.equal(origin.requests.length, 1)
	assert.equal(origin.requests[0].line, "POST /__clerk/v1/client/sessions/sess_1/tokens/hasura%2F..%2Fx")
	assert.equal(origin.written.length, 0)
	await auth.getToken({ template: "hasura/../x", skipCache: true })
	assert.equal(origin.requests.length, 2)
})

test("a focused tab renews 17 seconds before expiry", async () => {
	const { origin } = signedIn()
	await origin.advance(42_000)
	assert.equal(origin.requests.length, 0)
	await origin.advance(3_000)
	assert.equal(origin.requests.length, 1)
	await origin.advance(105_000)
	assert.ok(origin.requests.length >= 3 && origin.requests.length <= 4, String(origin.requests.length))
})

test("a visible tab without focus renews before expiry too", async () => {
	const { origin } = signedIn({ focused: false })
	await origin.advance(49_000)
	assert.equal(origin.requests.length, 1)
})

test("a hidden tab renews when it is shown", async () => {
	const { origin, tab } = signedIn({ visible: false, focused: false })
	await origin.advance(600_000)
	assert.equal(origin.requests.length, 0)
	tab.view.visible = true
	tab.emit("visibilitychange")
	await settle()
	assert.equal(origin.count(/tokens$/), 1)
})

for (const type of ["focus", "pageshow", "online"])
	test(`after ${type} a stale token is renewed at once`, async () => {
		const { origin, tab } = signedIn()
		origin.sleep(600_000)
		tab.emit(type)
		await settle()
		assert.equal(origin.count(/tokens$/), 1)
	})

test("tokens that live for 10 seconds are renewed every 5, not without end", async () => {
	const { origin } = signedIn({ service: { lifetime: 10 } })
	await origin.advance(60_000)
	assert.ok(origin.requests.length >= 8 && origin.requests.length <= 15, String(origin.requests.length))
})

test("L22: after 8 hours of sleep with a clock that stood still, the session goes on", async () => {
	const { origin, service, tab, auth } = signedIn()
	origin.sleep(8 * 3600_000)
	tab.view.steady += 8 * 3600_000 // performance.now() does not count sleep everywhere
	tab.emit("visibilitychange")
	await settle()
	assert.equal(auth.get().userId, "user_ada")
	assert.equal(origin.count(/tokens$/), 1)
	assert.equal(service.minted, 2)
})

test("L22: after 8 hours of sleep a session that has ended is signed out", async () => {
	const { origin, service, tab, auth } = signedIn()
	const states = watch(auth)
	origin.sleep(8 * 3600_000)
	service.session = undefined
	tab.emit("focus")
	await settle()
	assert.equal(states.at(-1).isSignedIn, false)
	assert.equal(tab.useUser().get().user, null)
	assert.ok(!origin.jar.has("__session") && !origin.jar.has(`__session_${suffix}`))
	assert.deepEqual(origin.posted.map(({ type }) => type), ["session", "signout"])
	assert.equal(await auth.getToken(), null)
	assert.deepEqual(origin.requests.map(({ line }) => line.split("/").pop()), ["tokens", "client"])
	const before = origin.requests.length
	await origin.advance(600_000)
	assert.equal(origin.requests.length, before)
})

for (const skew of [-day, -3600_000, -30_000, 30_000, 3600_000, day])
	test(`L22: a device clock wrong by ${skew / 1000} s neither signs out nor loops`, async () => {
		const { origin, auth } = signedIn({ skew })
		const states = watch(auth)
		await origin.advance(2_000)
		const first = await auth.getToken()
		const claims = JSON.parse(Buffer.from(first.split(".")[1], "base64url"))
		assert.ok(claims.exp * 1000 > origin.time + 5_000, "the token is good by the service's clock")
		await origin.advance(300_000)
		const last = JSON.parse(Buffer.from((await auth.getToken()).split(".")[1], "base64url"))
		assert.ok(last.exp * 1000 > origin.time + 5_000)
		assert.equal(states.length, 1)
		assert.ok(origin.requests.length <= 9, `${origin.requests.length} requests in 5 minutes`)
		assert.ok(origin.jar.has("__session"))
	})

for (const jump of [-day, day])
	test(`L22: a device clock set by ${jump / 1000} s while the page is open costs one request at most`, async () => {
		const { origin, tab, auth } = signedIn()
		await auth.getToken({ skipCache: true })
		await origin.advance(10_000)
		tab.view.skew = jump
		await origin.advance(20_000)
		assert.ok(origin.requests.length <= 2, String(origin.requests.length))
		assert.equal(auth.get().userId, "user_ada")
		const claims = JSON.parse(Buffer.from((await auth.getToken()).split(".")[1], "base64url"))
		assert.ok(claims.exp * 1000 > origin.time + 5_000)
	})

test("L22: a clock set back by less than a token's age is noticed", async () => {
	const { origin, token, tab, auth } = signedIn({ visible: false, focused: false })
	await origin.advance(40_000)
	tab.view.skew = -30_000
	await origin.advance(16_000)
	assert.notEqual(await auth.getToken(), token, "4 seconds are left")
})

test("a token of another session in the cookie is not handed out", async () => {
	const { origin, service, auth } = signedIn({ visible: false, focused: false })
	const mine = service.session
	service.session = { user: "user_bob", session: "sess_2", extra: {} }
	const other = service.mint()
	origin.set("__session", other)
	service.session = mine
	const got = await auth.getToken()
	assert.notEqual(got, other)
	assert.match(Buffer.from(got.split(".")[1], "base64url").toString(), /user_ada/)
})

test("the newer of the tab's own token and the cookie's counts", async () => {
	const { origin, service, auth } = signedIn({ visible: false, focused: false })
	await auth.getToken({ skipCache: true })
	await origin.advance(30_000)
	const other = open(origin, service, { props: props(service.claims()), visible: false, focused: false })
	const newer = await other.useAuth().getToken({ skipCache: true })
	await origin.advance(29_000)
	assert.equal(await auth.getToken(), newer)
	assert.equal(origin.count(/tokens$/), 2)
})

test("two tabs that need a token at once fetch one", async () => {
	const { origin, service, auth } = signedIn({ visible: false, focused: false })
	const other = open(origin, service, { props: props(service.claims()), visible: false, focused: false })
	await origin.advance(58_000)
	const [one, two] = await Promise.all([auth.getToken(), other.useAuth().getToken()])
	assert.equal(one, two)
	assert.equal(origin.count(/tokens$/), 1)
})

test("a refusal is not repeated by the poller at its pace", async () => {
	const { origin, service, auth } = signedIn()
	service.status.tokens = 403
	await origin.advance(300_000)
	assert.equal(auth.get().isSignedIn, true)
	assert.ok(origin.requests.length >= 4 && origin.requests.length <= 22, `${origin.requests.length} requests in 5 minutes`)
})

test("a 401 for a session that lives on rejects and stays signed in", async () => {
	const { origin, service, auth } = signedIn()
	service.status.tokens = 401
	const error = await auth.getToken({ skipCache: true }).catch((error) => error)
	assert.equal(error.status, 401)
	assert.equal(auth.get().isSignedIn, true)
	await origin.advance(120_000)
	assert.ok(origin.count(/tokens$/) <= 5, `${origin.count(/tokens$/)} requests`)
})

test("a session replaced by another person's is followed", async () => {
	const { origin, service, tab, auth } = signedIn()
	const people = watch(tab.useUser())
	service.session = { user: "user_bob", session: "sess_2", extra: {} }
	service.mint()
	assert.equal(await auth.getToken({ skipCache: true }), null, "not a token of somebody else")
	assert.equal(auth.get().userId, "user_bob")
	assert.equal(people.at(-1).user.id, "user_bob")
	await origin.advance(2_000)
	assert.match(Buffer.from((await auth.getToken()).split(".")[1], "base64url").toString(), /user_bob/)
})

for (const status of [500, 503, 429, "network", "html"])
	test(`getToken goes on after ${status}`, async () => {
		const { origin, service, auth } = signedIn({ focused: false, visible: false })
		service.status.tokens = status
		const got = auth.getToken({ skipCache: true })
		await origin.advance(6_000)
		assert.equal(origin.requests.length, 2, "the second try comes after 3 s")
		service.status.tokens = undefined
		await origin.advance(10_000)
		assert.match(await got, /\./)
		assert.equal(auth.get().isSignedIn, true)
	})

test("getToken gives up after 8 tries and says why, still signed in", async () => {
	const { origin, service, auth } = signedIn({ focused: false, visible: false })
	service.status.tokens = 503
	const got = auth.getToken({ skipCache: true }).catch((error) => error)
	await origin.advance(600_000)
	assert.equal((await got).status, 503)
	assert.ok((await got) instanceof Error)
	assert.equal(origin.count(/tokens$/), 8)
	assert.equal(auth.get().isSignedIn, true)
})

test("offline it gives up after 3 tries, and recovers when back", async () => {
	const { origin, service, tab, auth } = signedIn()
	service.status.tokens = "network"
	tab.view.onLine = false
	const got = auth.getToken({ skipCache: true }).catch((error) => error.status)
	await origin.advance(20_000)
	assert.equal(await got, 0)
	assert.equal(origin.count(/tokens$/), 3)
	service.status.tokens = undefined
	tab.view.onLine = true
	origin.sleep(3600_000)
	tab.emit("online")
	await settle()
	assert.equal(origin.count(/tokens$/), 4)
	assert.equal(auth.get().isSignedIn, true)
})

test("Retry-After is waited for, up to 50 seconds", async () => {
	const { origin, service, auth } = signedIn({ focused: false, visible: false })
	service.status.tokens = 429
	service.headers = { "retry-after": "20" }
	const got = auth.getToken({ skipCache: true })
	await origin.advance(19_000)
	assert.equal(origin.requests.length, 1)
	service.headers = { "retry-after": "86400" }
	await origin.advance(2_000)
	assert.equal(origin.requests.length, 2)
	service.status.tokens = undefined
	await origin.advance(51_000)
	assert.match(await got, /\./)
})

for (const status of [400, 403, 404, 422])
	test(`getToken does not repeat after ${status}`, async () => {
		const { origin, service, auth } = signedIn({ focused: false, visible: false })
		service.status.tokens = status
		assert.equal(await auth.getToken({ skipCache: true }).catch((error) => error.status), status)
		await origin.advance(120_000)
		assert.equal(origin.count(/tokens$/), 1)
	})

test("a token that arrives after sign-out is dropped", async () => {
	const { origin, service, auth } = signedIn()
	const got = auth.getToken({ skipCache: true })
	await new Promise(setImmediate) // the request is on its way
	service.signOut()
	service.answer = () => ["tokens", { object: "token", jwt: "a.eyJzaWQiOiJzZXNzXzEifQ.c" }]
	assert.equal(await got, null)
	assert.equal(origin.written.length, 0)
})

test("signOut ends the sessions, clears the cookies, tells the tabs and leaves", async () => {
	const { origin, service, tab, auth } = signedIn()
	await auth.signOut({ redirectUrl: "/bye?x=1" })
	assert.equal(service.session, undefined)
	const { url, line, body } = origin.requests[0]
	assert.equal(line, "POST /__clerk/v1/client/sessions")
	assert.equal(url.searchParams.get("_method"), "DELETE")
	assert.equal(body, "")
	assert.deepEqual([...origin.jar.keys()].filter((name) => name.startsWith("__session")), [])
	assert.deepEqual(origin.posted.at(-1).type, "signout")
	assert.equal(auth.get().isSignedIn, false)
	assert.deepEqual(tab.view.assigned, ["https://app.example.com/bye?x=1"])
	await origin.advance(10_000)
	assert.equal(origin.requests.length, 1, "and asks nothing more while leaving")
})

for (const redirectUrl of ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "https://[", "blob:x"])
	test(`signOut does not go to ${redirectUrl}`, async () => {
		const { tab } = signedIn()
		await tab.signOut({ redirectUrl })
		assert.deepEqual(tab.view.assigned, ["/"])
	})

test("signOut that nobody answered rejects and changes nothing", async () => {
	const { origin, service, tab, auth } = signedIn()
	service.status.delete = "network"
	const got = tab.signOut().catch((error) => error.status)
	await origin.advance(20_000)
	assert.equal(await got, 0)
	assert.equal(auth.get().isSignedIn, true)
	assert.ok(origin.jar.has("__session"))
	assert.deepEqual(tab.view.assigned, [])
})

test("signOut of a session that is gone already still leaves", async () => {
	const { origin, service, tab } = signedIn()
	service.status.delete = 401
	await tab.signOut()
	assert.ok(!origin.jar.has("__session"))
	assert.equal(tab.view.assigned.length, 1)
})
