import assert from "node:assert/strict"
import { test } from "node:test"
import { Origin, Service, open, props, settle, suffix, watch } from "./browser.mjs"

const world = () => {
	const origin = new Origin()
	return { origin, service: new Service(origin) }
}

const page = (service, extra = {}) => ({
	props: service.session ? props(service.claims(), {}, { id: service.session.user }) : props(null),
	...extra,
})

test("signOut in one tab reaches the other within moments", async () => {
	const { origin, service } = world()
	service.signIn()
	const [one, two] = [open(origin, service, page(service)), open(origin, service, page(service, { focused: false, visible: false }))]
	const states = watch(two.useAuth())
	await one.signOut()
	await settle()
	assert.equal(states.at(-1).isSignedIn, false)
	assert.equal(origin.count(/^GET/), 1, "the other tab asks once, and nobody asks because it tells")
})

test("a form that signs out without script is followed by the page it leads to", async () => {
	const { origin, service } = world()
	service.signIn()
	const hidden = open(origin, service, page(service, { focused: false, visible: false }))
	const states = watch(hidden.useAuth())
	service.signOut()
	origin.set("__session", undefined)
	open(origin, service, page(service))
	await settle()
	assert.equal(states.at(-1).isSignedIn, false)
})

test("a form that signs in without script is followed too", async () => {
	const { origin, service } = world()
	const hidden = open(origin, service, page(service, { focused: false, visible: false }))
	const [states, people] = [watch(hidden.useAuth()), watch(hidden.useUser())]
	service.signIn()
	open(origin, service, page(service))
	await settle()
	assert.equal(states.at(-1).userId, "user_ada")
	assert.equal(people.at(-1).user.firstName, "Ada")
	assert.equal(origin.count(/^GET/), 1)
})

for (const [focused, ms] of [
	[true, 1_500],
	[false, 5_000],
])
	test(`a changed __client_uat is seen within ${ms} ms ${focused ? "with" : "without"} focus`, async () => {
		const { origin, service } = world()
		service.signIn()
		const tab = open(origin, service, page(service, { focused }))
		const states = watch(tab.useAuth())
		await origin.advance(1_000)
		service.signOut()
		origin.set("__session", undefined)
		await origin.advance(ms)
		assert.equal(states.at(-1).isSignedIn, false)
		await origin.advance(60_000)
		assert.equal(origin.count(/^GET/), 1, "once per change")
	})

test("C22: a page shown again after sign-out drops its state", async () => {
	const { origin, service } = world()
	service.signIn()
	const tab = open(origin, service, page(service))
	const states = watch(tab.useAuth())
	service.signOut()
	origin.sleep(60_000)
	tab.emit("pageshow")
	await settle()
	assert.equal(states.at(-1).isSignedIn, false)
})

test("C22: a signed-in page from a cache asks before it is believed for long", async () => {
	const { origin, service } = world()
	service.signIn()
	const stale = page(service)
	service.signOut()
	origin.set("__session", undefined)
	const tab = open(origin, service, stale)
	await settle()
	assert.equal(tab.useAuth().get().isSignedIn, false)
})

test("a signed-out page of somebody who is signed in finds out", async () => {
	const { origin, service } = world()
	const stale = page(service)
	service.signIn()
	const tab = open(origin, service, stale)
	await settle()
	assert.equal(tab.useAuth().get().userId, "user_ada")
})

test("another person signing in elsewhere replaces the first", async () => {
	const { origin, service } = world()
	service.signIn()
	const tab = open(origin, service, page(service))
	const [states, people] = [watch(tab.useAuth()), watch(tab.useUser())]
	await origin.advance(2_000)
	service.signIn("user_bob", "sess_2")
	await origin.advance(2_000)
	assert.equal(states.at(-1).userId, "user_bob")
	assert.equal(people.at(-1).user.id, "user_bob")
	for (const { user } of people) assert.ok(user.id == "user_ada" || user.id == "user_bob")
	assert.match(Buffer.from((await tab.useAuth().getToken()).split(".")[1], "base64url").toString(), /user_bob/)
})

test("two tabs renew one token together", async () => {
	const { origin, service } = world()
	service.signIn()
	open(origin, service, page(service))
	open(origin, service, page(service))
	await origin.advance(50_000)
	assert.equal(origin.count(/tokens$/), 1)
})

test("a role that changed reaches tabs that did not fetch the token", async () => {
	const { origin, service } = world()
	service.signIn("user_ada", "sess_1", { o: { id: "org_1", rol: "member" } })
	const one = open(origin, service, page(service))
	const two = open(origin, service, page(service))
	const states = watch(two.useAuth())
	service.session.extra = { o: { id: "org_1", rol: "admin" } }
	await origin.advance(2_000)
	await one.useAuth().getToken({ skipCache: true })
	await origin.advance(2_000)
	assert.deepEqual(states.map(({ orgRole }) => orgRole), ["org:member", "org:admin"])
	assert.equal(origin.requests.length, 1)
})

test("an older token in the client resource does not undo what a newer one said", async () => {
	const { origin, service } = world()
	service.signIn("user_ada", "sess_1", { o: { id: "org_1", rol: "member" } })
	const stale = service.last
	const tab = open(origin, service, page(service, { visible: false }))
	const states = watch(tab.useAuth())
	await origin.advance(2_000)
	service.session.extra = { o: { id: "org_1", rol: "admin" } }
	const token = await tab.useAuth().getToken({ skipCache: true })
	service.last = stale
	origin.set("__client_uat", service.seconds())
	await origin.advance(2_000)
	assert.equal(origin.count(/^GET/), 1)
	assert.deepEqual(states.map(({ orgRole }) => orgRole), ["org:member", "org:admin"])
	origin.set("__session", undefined)
	assert.equal(await tab.useAuth().getToken(), token)
})

test("when the service is down, a cookie that says signed out is believed", async () => {
	const { origin, service } = world()
	service.signIn()
	const tab = open(origin, service, page(service))
	const states = watch(tab.useAuth())
	service.status.client = "network"
	service.signOut()
	await origin.advance(10_000)
	assert.equal(states.at(-1).isSignedIn, false)
	assert.ok(!origin.jar.has("__session"))
})

test("when the service is down, a change is looked at again later", async () => {
	const { origin, service } = world()
	const tab = open(origin, service, page(service))
	service.status.client = 503
	await origin.advance(2_000)
	service.signIn()
	await origin.advance(20_000)
	assert.equal(tab.useAuth().get().isSignedIn, false)
	assert.ok(origin.count(/^GET/) <= 4)
	service.status.client = undefined
	await origin.advance(35_000)
	assert.equal(tab.useAuth().get().isSignedIn, true)
})

for (const message of [
	undefined,
	null,
	"signout",
	1,
	{},
	[],
	{ type: "SIGNOUT" },
	{ type: ["signout"] },
	{ type: "session" },
	{ type: "session", sessionId: 7 },
	{ type: "session", sessionId: "sess_1" },
	{ type: "signin", sessionId: "sess_2", userId: "user_eve" },
])
	test(`X09: the message ${JSON.stringify(message)} is ignored`, async () => {
		const { origin, service } = world()
		service.signIn()
		const tab = open(origin, service, page(service))
		const states = watch(tab.useAuth())
		origin.channels[0].listeners.forEach((fn) => fn({ data: message }))
		await settle()
		assert.equal(origin.requests.length, 0)
		assert.equal(states.length, 1)
	})

test("X09: a message is a reason to ask the service, never the answer", async () => {
	const { origin, service } = world()
	service.signIn()
	const tab = open(origin, service, page(service))
	const states = watch(tab.useAuth())
	for (const data of [{ type: "signout" }, { type: "session", sessionId: "sess_9" }, { type: "session", sessionId: null }]) {
		origin.channels[0].listeners.forEach((fn) => fn({ data }))
		await settle()
	}
	assert.equal(origin.count(/^GET/), 3)
	assert.equal(states.length, 1)
	assert.equal(states[0].userId, "user_ada")
})

test("the channel carries no token and no claim", async () => {
	const { origin, service } = world()
	service.signIn()
	const tab = open(origin, service, page(service))
	await tab.useAuth().getToken({ skipCache: true })
	await tab.signOut()
	assert.deepEqual(origin.posted, [
		{ type: "session", sessionId: "sess_1" },
		{ type: "signout", sessionId: "sess_1" },
	])
})

test("cookies of another instance on the same host are left alone", async () => {
	const { origin, service } = world()
	service.signIn()
	origin.jar.set("__session_OTHERINS", "x")
	origin.jar.set("__client_uat_OTHERINS", "0")
	const tab = open(origin, service, page(service))
	await tab.signOut()
	assert.ok(origin.jar.has("__session_OTHERINS"))
	assert.ok(!origin.jar.has(`__session_${suffix}`))
})
