// Takes the published SDK's Backend API client through everything that this instance has
// but organizations, and prints a line of JSON for each step: its name, and what was wrong.
import assert from "node:assert/strict"
import { createClerkClient, verifyToken } from "@clerk/backend"

const { CLERK_SECRET_KEY: secretKey, CLERK_API_URL: apiUrl, CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_JWT_KEY: jwtKey, ORIGIN: origin } = process.env
const clerk = createClerkClient({ secretKey, publishableKey, apiUrl })
const { users, sessions, clients, emailAddresses, invitations, signInTokens, actorTokens, jwtTemplates } = clerk
const password = "correct horse battery staple"

let steps = 0
const step = async (name, run) => {
	steps++
	let error = null
	try {
		await run()
	} catch (e) {
		error = String(e?.stack ?? e)
	}
	console.log(JSON.stringify({ step: name, error }))
}

// refused asserts that a call is refused with the status and the first error's code, in an
// envelope that the SDK understands.
const refused = async (promise, status, code, param) => {
	const error = await promise.then(
		(value) => assert.fail("accepted: " + JSON.stringify(value)),
		(e) => e,
	)
	assert.equal(error.status, status, String(error?.stack))
	assert.equal(error.errors?.[0]?.code, code)
	assert.ok(error.errors[0].message && error.errors[0].longMessage, "an error without words")
	assert.match(error.clerkTraceId, /^[0-9a-f]{32}$/)
	if (param) assert.equal(error.errors[0].meta?.paramName, param)
	return error
}

// browser is somebody at the Frontend API, each at an address of their own.
let addresses = 0
const browser = () => {
	const address = "198.51.100." + ++addresses
	const cookies = new Map()
	return {
		cookies,
		async post(path, fields) {
			const response = await fetch(origin + "/__clerk/v1/client" + path, {
				method: "POST",
				headers: {
					origin,
					"x-forwarded-for": address,
					"content-type": "application/x-www-form-urlencoded",
					cookie: [...cookies].map(([k, v]) => k + "=" + v).join("; "),
				},
				body: new URLSearchParams(fields),
			})
			for (const line of response.headers.getSetCookie()) {
				const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)
				cookies.set(name, value)
			}
			return { status: response.status, body: await response.json() }
		},
	}
}

// follow is where a ticket's address leads.
const follow = async (address) => {
	const response = await fetch(address, { redirect: "manual" })
	assert.equal(response.status, 307)
	return new URL(response.headers.get("location"))
}
const signIn = (b, identifier, secret = password) => b.post("/sign_ins", { identifier, password: secret })
const ids = (list) => list.data.map((one) => one.id)
const page = (list, data, totalCount) => assert.deepEqual([ids(list), list.totalCount], [data, totalCount])

const prefix = "u" + Date.now()
let ada, bob

await step("users.createUser with everything", async () => {
	ada = await users.createUser({
		externalId: prefix + "-ada",
		emailAddress: [prefix + "-ada@example.com"],
		username: prefix + "_ada",
		password,
		firstName: "Ada",
		lastName: "Lovelace",
		locale: "en-GB",
		timezone: "Europe/London",
		publicMetadata: { role: "first", nestedKey: { innerKey: 1, other: 2 } },
		privateMetadata: { secretKey: "p" },
		unsafeMetadata: { colour: "red" },
		legalAcceptedAt: new Date("2020-01-02T03:04:05.678Z"),
		createdAt: new Date("2019-01-02T03:04:05.000Z"),
		skipLegalChecks: true,
	})
	assert.match(ada.id, /^user_/)
	assert.equal(ada.firstName + " " + ada.lastName, "Ada Lovelace")
	assert.equal(ada.username, prefix + "_ada")
	assert.equal(ada.externalId, prefix + "-ada")
	assert.deepEqual([ada.locale, ada.timezone], ["en-GB", "Europe/London"])
	assert.equal(ada.passwordEnabled, true)
	assert.equal(ada.primaryEmailAddress.emailAddress, prefix + "-ada@example.com")
	assert.equal(ada.primaryEmailAddress.verification.status, "verified")
	assert.deepEqual(ada.publicMetadata, { role: "first", nestedKey: { innerKey: 1, other: 2 } })
	assert.deepEqual(ada.privateMetadata, { secretKey: "p" })
	assert.deepEqual(ada.unsafeMetadata, { colour: "red" })
	assert.equal(ada.createdAt, Date.parse("2019-01-02T03:04:05.000Z"))
	assert.equal(ada.legalAcceptedAt, Date.parse("2020-01-02T03:04:05.678Z"))
	assert.equal(ada.banned, false)
	assert.equal(ada.locked, false)
})

await step("users.createUser with a digest, which the next sign-in replaces", async () => {
	bob = await users.createUser({
		emailAddress: [prefix + "-bob@example.com"],
		firstName: "Bob",
		passwordDigest: "$2b$05$MXxNWLMYOAWzqm4gxxfCK.vR7Dzw4UJBL9IzD6LegBIxXBIrZq/US",
		passwordHasher: "bcrypt",
	})
	assert.equal(bob.passwordEnabled, true)
	assert.equal((await signIn(browser(), prefix + "-bob@example.com")).status, 200)
	assert.equal((await signIn(browser(), prefix + "-bob@example.com")).status, 200)
	assert.equal((await signIn(browser(), prefix + "-bob@example.com", "not the password at all")).status, 422)
})

await step("users.createUser refuses what is wrong, by name", async () => {
	const emailAddress = [prefix + "-new@example.com"]
	await refused(users.createUser({}), 422, "form_data_missing", "email_address")
	await refused(users.createUser({ emailAddress: [prefix + "-ADA@example.com"], password }), 422, "form_identifier_exists", "email_address")
	await refused(users.createUser({ emailAddress, password, externalId: prefix + "-ada" }), 422, "form_identifier_exists", "external_id")
	await refused(users.createUser({ emailAddress, password, username: prefix + "_ADA" }), 422, "form_identifier_exists", "username")
	await refused(users.createUser({ emailAddress, password: "password123" }), 422, "form_password_pwned", "password")
	await refused(users.createUser({ emailAddress, password: "short" }), 422, "form_password_length_too_short", "password")
	await refused(users.createUser({ emailAddress: ["nonsense"], password }), 422, "form_param_format_invalid", "email_address")
	await refused(users.createUser({ emailAddress, passwordDigest: "x", passwordHasher: "bcrypt" }), 422, "form_param_format_invalid", "password_digest")
	await refused(users.createUser({ emailAddress, passwordDigest: "x", passwordHasher: "rot13" }), 422, "form_param_value_invalid", "password_hasher")
	await refused(users.createUser({ emailAddress, password, favouriteColour: "red" }), 422, "form_param_unknown", "favourite_colour")
	await refused(users.createUser({ emailAddress, password, phoneNumber: ["+15555550100"] }), 501, "not_implemented", "phone_number")
})

await step("users.getUser", async () => {
	assert.equal((await users.getUser(ada.id)).id, ada.id)
	await refused(users.getUser("user_nobody"), 404, "resource_not_found")
})

await step("users.getUserList and getCount with every filter and order", async () => {
	const both = [ada.id, bob.id]
	const newest = [bob.id, ada.id]
	page(await users.getUserList({ userId: both }), newest, 2)
	page(await users.getUserList({ userId: both, orderBy: "+created_at" }), both, 2)
	page(await users.getUserList({ userId: both, orderBy: "created_at" }), both, 2)
	for (const orderBy of ["-updated_at", "+email_address", "+first_name", "-last_name", "-username", "-last_active_at", "-last_sign_in_at", "phone_number", "-web3wallet"]) {
		assert.equal((await users.getUserList({ userId: both, orderBy })).data.length, 2, orderBy)
	}
	page(await users.getUserList({ userId: both, limit: 1 }), [bob.id], 2)
	page(await users.getUserList({ userId: both, limit: 1, offset: 1 }), [ada.id], 2)
	page(await users.getUserList({ userId: [...both, "-" + bob.id] }), [ada.id], 1)
	page(await users.getUserList({ emailAddress: [prefix + "-ada@example.com"] }), [ada.id], 1)
	page(await users.getUserList({ externalId: [prefix + "-ada"] }), [ada.id], 1)
	page(await users.getUserList({ username: [prefix + "_ada"] }), [ada.id], 1)
	page(await users.getUserList({ query: prefix + "-BOB" }), [bob.id], 1)
	page(await users.getUserList({ phoneNumber: ["+15555550100"] }), [], 0)
	page(await users.getUserList({ web3Wallet: ["0x1"] }), [], 0)
	page(await users.getUserList({ userId: both, organizationId: ["org_none"] }), [], 0)
	page(await users.getUserList({ userId: both, organizationId: ["-org_none"] }), newest, 2)
	page(await users.getUserList({ userId: both, createdAtBefore: Date.parse("2019-06-01") }), [ada.id], 1)
	page(await users.getUserList({ userId: both, createdAtAfter: Date.parse("2019-06-01") }), [bob.id], 1)
	page(await users.getUserList({ userId: both, lastSignInAtAfter: Date.parse("2019-06-01") }), [bob.id], 1)
	page(await users.getUserList({ userId: both, lastActiveAtAfter: Date.parse("2019-06-01") }), [bob.id], 1)
	page(await users.getUserList({ userId: both, last_active_at_since: Date.parse("2019-06-01") }), [bob.id], 1)
	page(await users.getUserList({ userId: both, lastActiveAtBefore: Date.parse("2019-06-01") }), [], 0)
	assert.equal(await users.getCount({ userId: both }), 2)
	await refused(users.getUserList({ orderBy: "password_hash" }), 422, "form_param_format_invalid", "order_by")
	await refused(users.getUserList({ limit: 501 }), 422, "form_param_format_invalid", "limit")
})

await step("users.updateUser", async () => {
	const got = await users.updateUser(ada.id, { firstName: "Augusta", lastName: "King", externalId: prefix + "-king", deleteSelfEnabled: false, createOrganizationsLimit: 2 })
	assert.deepEqual(
		[got.firstName, got.lastName, got.externalId, got.deleteSelfEnabled, got.createOrganizationsLimit],
		["Augusta", "King", prefix + "-king", false, 2],
	)
	await refused(users.updateUser("user_nobody", { firstName: "x" }), 404, "resource_not_found")
	await refused(users.updateUser(ada.id, { primaryEmailAddressID: "idn_other" }), 422, "form_param_value_invalid", "primary_email_address_id")
})

await step("users.updateUserMetadata merges, replaceUserMetadata replaces", async () => {
	const merged = await users.updateUserMetadata(ada.id, { publicMetadata: { nestedKey: { innerKey: null, third: 3 } } })
	assert.deepEqual(merged.publicMetadata, { role: "first", nestedKey: { other: 2, third: 3 } })
	assert.deepEqual(merged.privateMetadata, { secretKey: "p" })
	const replaced = await users.replaceUserMetadata(ada.id, { publicMetadata: { plan: "pro", camelCase: true } })
	assert.deepEqual(replaced.publicMetadata, { plan: "pro", camelCase: true })
	assert.deepEqual(replaced.unsafeMetadata, { colour: "red" })
	const old = await users.updateUser(ada.id, { lastName: "Lovelace", unsafeMetadata: { size: 1 } })
	assert.deepEqual([old.lastName, old.unsafeMetadata], ["Lovelace", { size: 1 }])
})

await step("users.verifyPassword", async () => {
	assert.deepEqual(await users.verifyPassword({ userId: ada.id, password }), { verified: true })
	await refused(users.verifyPassword({ userId: ada.id, password: "not the password at all" }), 422, "incorrect_password", "password")
	await refused(users.verifyPassword({ userId: "user_nobody", password }), 404, "resource_not_found")
})

await step("users.verifyTOTP says that there is none", () => refused(users.verifyTOTP({ userId: ada.id, code: "123456" }), 400, "strategy_for_user_invalid"))

await step("users.disableUserMFA, deleteUserTOTP and deleteUserBackupCodes", async () => {
	for (const call of ["disableUserMFA", "deleteUserTOTP", "deleteUserBackupCodes"]) {
		assert.equal((await users[call](ada.id)).user_id, ada.id)
		await refused(users[call]("user_nobody"), 404, "resource_not_found")
	}
})

await step("users.getUserOauthAccessToken is an empty page", async () => {
	page(await users.getUserOauthAccessToken(ada.id, "google"), [], 0)
	await refused(users.getUserOauthAccessToken("user_nobody", "google"), 404, "resource_not_found")
})

await step("users: passkeys, wallets and external accounts are not built, and say so", async () => {
	await refused(users.deleteUserPasskey({ userId: ada.id, passkeyIdentificationId: "idn_x" }), 501, "not_implemented")
	await refused(users.deleteUserWeb3Wallet({ userId: ada.id, web3WalletIdentificationId: "idn_x" }), 501, "not_implemented")
	await refused(users.deleteUserExternalAccount({ userId: ada.id, externalAccountId: "eac_x" }), 501, "not_implemented")
	await refused(clerk.phoneNumbers.getPhoneNumber("idn_x"), 501, "not_implemented")
})

await step("users.setPasswordCompromised and unsetPasswordCompromised", async () => {
	const address = prefix + "-carol@example.com"
	const carol = await users.createUser({ emailAddress: [address], password })
	const b = browser()
	assert.equal((await signIn(b, address)).status, 200)
	await users.setPasswordCompromised(carol.id, { revokeAllSessions: true })
	assert.equal((await sessions.getSessionList({ userId: carol.id, status: "active" })).totalCount, 0)
	const refusal = await signIn(browser(), address)
	assert.deepEqual([refusal.status, refusal.body.errors[0].code], [422, "form_password_compromised"])
	await users.unsetPasswordCompromised(carol.id)
	assert.equal((await signIn(browser(), address)).status, 200)
	assert.equal((await users.removePassword(carol.id, { signOutOfOtherSessions: true })).passwordEnabled, false)
	assert.equal((await sessions.getSessionList({ userId: carol.id, status: "active" })).totalCount, 0)
	await refused(users.removePassword(carol.id), 400, "no_password_set")
	await refused(users.verifyPassword({ userId: carol.id, password }), 400, "no_password_set")
	await users.updateUser(carol.id, { password: "another long passphrase" })
	assert.equal((await signIn(browser(), address, "another long passphrase")).status, 200)
	assert.deepEqual(await users.deleteUser(carol.id).then((d) => [d.id, d.object, d.deleted]), [carol.id, "user", true])
	await refused(users.deleteUser(carol.id), 404, "resource_not_found")
})

await step("users.banUser ends sessions and lets nobody in until unbanUser", async () => {
	const b = browser()
	const session = (await signIn(b, prefix + "-bob@example.com")).body.response.created_session_id
	assert.equal((await users.banUser(bob.id)).banned, true)
	assert.equal((await sessions.getSession(session)).status, "revoked")
	assert.equal((await b.post("/sessions/" + session + "/tokens")).status, 401)
	await refused(sessions.getToken(session), 404, "resource_not_found")
	const refusal = await signIn(browser(), prefix + "-bob@example.com")
	assert.deepEqual([refusal.status, refusal.body.errors[0].code], [403, "user_banned"])
	assert.equal((await users.unbanUser(bob.id)).banned, false)
	assert.equal((await signIn(browser(), prefix + "-bob@example.com")).status, 200)
})

await step("users.lockUser and unlockUser", async () => {
	const locked = await users.lockUser(bob.id)
	assert.equal(locked.locked, true)
	assert.ok(locked.raw.lockout_expires_in_seconds > 3500)
	assert.equal((await signIn(browser(), prefix + "-bob@example.com")).status, 422)
	assert.equal((await users.unlockUser(bob.id)).locked, false)
	assert.equal((await signIn(browser(), prefix + "-bob@example.com")).status, 200)
})

await step("emailAddresses: create, get, update, replace, delete", async () => {
	const dora = await users.createUser({ emailAddress: [prefix + "-dora@example.com"], password })
	const first = dora.primaryEmailAddressId
	const second = await emailAddresses.createEmailAddress({ userId: dora.id, emailAddress: prefix + "-dora2@example.com" })
	assert.deepEqual([second.emailAddress, second.verification.status, second.linkedTo], [prefix + "-dora2@example.com", "unverified", []])
	assert.equal((await emailAddresses.getEmailAddress(second.id)).id, second.id)
	await refused(emailAddresses.updateEmailAddress(second.id, { primary: true }), 422, "form_verification_needed", "primary")
	await emailAddresses.updateEmailAddress(second.id, { verified: true, primary: true })
	assert.equal((await users.getUser(dora.id)).primaryEmailAddressId, second.id)
	assert.equal((await users.updateUser(dora.id, { primaryEmailAddressID: first })).primaryEmailAddressId, first)
	assert.equal((await emailAddresses.deleteEmailAddress(first)).deleted, true)
	assert.equal((await users.getUser(dora.id)).primaryEmailAddressId, second.id)
	await refused(emailAddresses.deleteEmailAddress(second.id), 400, "last_required_identification_deletion_failed")
	await refused(emailAddresses.createEmailAddress({ userId: dora.id, emailAddress: prefix + "-ada@example.com" }), 422, "form_identifier_exists", "email_address")
	await refused(emailAddresses.createEmailAddress({ userId: "user_nobody", emailAddress: prefix + "-x@example.com" }), 404, "resource_not_found")
	await refused(emailAddresses.getEmailAddress(first), 404, "resource_not_found")
	const replaced = await users.replaceUserEmailAddress(dora.id, { emailAddress: prefix + "-dora3@example.com" })
	assert.deepEqual([replaced.emailAddress, replaced.verification.status], [prefix + "-dora3@example.com", "verified"])
	assert.deepEqual((await users.getUser(dora.id)).emailAddresses.map((e) => e.id), [replaced.id])
})

await step("users.updateUserProfileImage and deleteUserProfileImage", async () => {
	const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg==", "base64")
	const got = await users.updateUserProfileImage(ada.id, { file: new Blob([png], { type: "image/png" }) })
	assert.equal(got.hasImage, true)
	assert.notEqual(got.imageUrl, ada.imageUrl)
	assert.equal((await users.deleteUserProfileImage(ada.id)).hasImage, false)
	await refused(users.deleteUserProfileImage(ada.id), 404, "image_not_found")
	await refused(users.updateUserProfileImage(ada.id, { file: new Blob(["<svg/>"]) }), 400, "request_body_invalid")
})

let session
await step("sessions: create, get, list, token, verify", async () => {
	session = await sessions.createSession({ userId: ada.id })
	assert.deepEqual([session.userId, session.status, session.actor], [ada.id, "active", null])
	assert.equal((await sessions.getSession(session.id)).clientId, session.clientId)
	page(await sessions.getSessionList({ userId: ada.id, status: "active" }), [session.id], 1)
	page(await sessions.getSessionList({ clientId: session.clientId }), [session.id], 1)
	const { jwt } = await sessions.getToken(session.id)
	assert.equal((await verifyToken(jwt, { jwtKey, authorizedParties: [origin] })).sid, session.id)
	const long = await verifyToken((await sessions.getToken(session.id, undefined, 600)).jwt, { jwtKey })
	assert.equal(long.exp - long.iat, 600)
	assert.equal((await sessions.verifySession(session.id, jwt)).id, session.id)
	await refused(sessions.verifySession(session.id, jwt.slice(0, -6) + "AAAAAA"), 422, "form_param_value_invalid", "token")
	await refused(sessions.getToken("sess_none"), 404, "resource_not_found")
	await refused(sessions.getToken(session.id, "no_template"), 404, "resource_not_found")
	await refused(sessions.createSession({ userId: "user_nobody" }), 404, "resource_not_found")
	await refused(sessions.getSessionList(), 422, "form_param_missing")
})

await step("clients: get, list, verify, handshake payload", async () => {
	const b = browser()
	const answer = await signIn(b, prefix + "-bob@example.com")
	const cookie = b.cookies.get([...b.cookies.keys()].find((name) => name.startsWith("__client_") && !name.startsWith("__client_uat")))
	const client = await clients.verifyClient(cookie)
	assert.equal(client.id, answer.body.client.id)
	assert.deepEqual(client.sessionIds, [answer.body.response.created_session_id])
	assert.equal(client.lastActiveSessionId, answer.body.response.created_session_id)
	assert.equal((await clients.getClient(client.id)).sessions[0].userId, bob.id)
	assert.ok(ids(await clients.getClientList({ limit: 500 })).includes(client.id))
	await refused(clients.verifyClient("nonsense"), 400, "cookie_invalid")
	await refused(clients.getClient("client_none"), 404, "resource_not_found")
	await refused(clients.getHandshakePayload({ nonce: "none" }), 404, "resource_not_found")
})

await step("signInTokens sign somebody in once", async () => {
	const ticket = await signInTokens.createSignInToken({ userId: bob.id, expiresInSeconds: 600 })
	assert.deepEqual([ticket.userId, ticket.status], [bob.id, "pending"])
	const page = await follow(ticket.url)
	assert.deepEqual([page.pathname, page.searchParams.get("__clerk_status"), page.searchParams.get("__clerk_ticket")], ["/sign-in", "sign_in", ticket.token])
	const answer = await browser().post("/sign_ins", { strategy: "ticket", ticket: ticket.token })
	assert.deepEqual([answer.status, answer.body.response.status], [200, "complete"])
	assert.equal((await sessions.getSession(answer.body.response.created_session_id)).userId, bob.id)
	const again = await browser().post("/sign_ins", { strategy: "ticket", ticket: ticket.token })
	assert.deepEqual([again.status, again.body.errors[0].code], [400, "sign_in_token_already_used_code"])
	await refused(signInTokens.revokeSignInToken(ticket.id), 400, "sign_in_token_cannot_be_revoked_code")
	const other = await signInTokens.createSignInToken({ userId: bob.id, expiresInSeconds: 600 })
	assert.equal((await signInTokens.revokeSignInToken(other.id)).status, "revoked")
	const late = await browser().post("/sign_ins", { strategy: "ticket", ticket: other.token })
	assert.deepEqual([late.status, late.body.errors[0].code], [400, "sign_in_token_revoked_code"])
	await refused(signInTokens.createSignInToken({ userId: "user_nobody", expiresInSeconds: 600 }), 404, "resource_not_found")
})

await step("actorTokens impersonate, and tokens say who does", async () => {
	const ticket = await actorTokens.create({ userId: ada.id, actor: { sub: bob.id, reason: "support" }, expiresInSeconds: 600, sessionMaxDurationInSeconds: 900 })
	assert.deepEqual(ticket.actor, { sub: bob.id, reason: "support" })
	const b = browser()
	const answer = await b.post("/sign_ins", { strategy: "ticket", ticket: ticket.token })
	assert.equal(answer.status, 200)
	const id = answer.body.response.created_session_id
	const impersonated = await sessions.getSession(id)
	assert.deepEqual([impersonated.userId, impersonated.actor], [ada.id, { sub: bob.id, reason: "support" }])
	assert.ok(impersonated.expireAt - impersonated.createdAt <= 900_000)
	const { body } = await b.post("/sessions/" + id + "/tokens")
	const claims = await verifyToken(body.jwt, { jwtKey })
	assert.deepEqual([claims.sub, claims.act], [ada.id, { sub: bob.id, reason: "support" }])
	const request = new Request(origin + "/", { headers: { authorization: "Bearer " + body.jwt } })
	assert.deepEqual((await clerk.authenticateRequest(request, { jwtKey })).toAuth().actor, { sub: bob.id, reason: "support" })
	await refused(actorTokens.revoke(ticket.id), 400, "actor_token_cannot_be_revoked_code")
	const other = await actorTokens.create({ userId: ada.id, actor: { sub: bob.id } })
	assert.equal((await actorTokens.revoke(other.id)).status, "revoked")
	await refused(actorTokens.create({ userId: ada.id, actor: {} }), 422, "form_param_format_invalid", "actor")
})

await step("invitations: create, list, bulk, accept, revoke, delete", async () => {
	const address = prefix + "-invited@example.com"
	const invitation = await invitations.createInvitation({ emailAddress: address, publicMetadata: { team: "a" }, redirectUrl: origin + "/join", expiresInDays: 7, notify: false })
	assert.deepEqual([invitation.emailAddress, invitation.status, invitation.revoked, invitation.publicMetadata], [address, "pending", false, { team: "a" }])
	const url = await follow(invitation.url)
	assert.deepEqual([url.pathname, url.searchParams.get("__clerk_status")], ["/join", "sign_up"])
	page(await invitations.getInvitationList({ query: address, status: "pending" }), [invitation.id], 1)
	await refused(invitations.createInvitation({ emailAddress: address }), 400, "duplicate_record")
	await refused(invitations.createInvitation({ emailAddress: prefix + "-ada@example.com" }), 422, "form_identifier_exists", "email_address")
	const ticket = url.searchParams.get("__clerk_ticket")
	const answer = await browser().post("/sign_ups", { strategy: "ticket", ticket, password })
	assert.deepEqual([answer.status, answer.body.response.status], [200, "complete"])
	const user = await users.getUser(answer.body.response.created_user_id)
	assert.deepEqual([user.primaryEmailAddress.emailAddress, user.primaryEmailAddress.verification.status, user.publicMetadata], [address, "verified", { team: "a" }])
	page(await invitations.getInvitationList({ query: address, status: "accepted" }), [invitation.id], 1)
	const [one, two] = await invitations.createInvitationBulk([{ emailAddress: prefix + "-i1@example.com" }, { emailAddress: prefix + "-i2@example.com", ignoreExisting: true }])
	assert.equal((await invitations.revokeInvitation(one.id)).revoked, true)
	await refused(invitations.revokeInvitation(one.id), 400, "invitation_already_revoked")
	await refused(invitations.revokeInvitation(invitation.id), 400, "invitation_already_accepted")
	page(await invitations.getInvitationList({ query: prefix + "-i", orderBy: "-email_address", status: "pending" }), [two.id], 1)
	const gone = await invitations.deleteInvitation(two.id)
	assert.deepEqual([gone.object, gone.id, gone.deleted], ["invitation", two.id, true])
	await refused(invitations.deleteInvitation(two.id), 404, "resource_not_found")
})

await step("jwtTemplates: create, use, list, update, delete", async () => {
	const template = await jwtTemplates.create({
		name: prefix,
		claims: { aud: "https://other.example", mail: "{{user.primary_email_address}}", greeting: "Hello {{user.first_name}}", plan: "{{user.public_metadata.plan || 'free'}}", org: "{{org.id}}" },
		lifetime: 300,
		allowedClockSkew: 10,
	})
	assert.deepEqual([template.name, template.lifetime, template.allowedClockSkew, template.customSigningKey, template.signingAlgorithm], [prefix, 300, 10, false, "RS256"])
	const { jwt } = await sessions.getToken(session.id, prefix)
	const [head, body] = jwt.split(".").slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url")))
	assert.equal(head.cat, "cl_B7d4PD222AAA")
	assert.deepEqual(
		[body.aud, body.mail, body.greeting, body.plan, body.org, body.sub, body.sid, body.exp - body.iat, body.iat - body.nbf],
		["https://other.example", prefix + "-ada@example.com", "Hello Augusta", "pro", null, ada.id, undefined, 300, 10],
	)
	assert.equal((await jwtTemplates.get(template.id)).id, template.id)
	assert.ok(ids(await jwtTemplates.list({ limit: 100 })).includes(template.id))
	assert.equal((await jwtTemplates.update({ templateId: template.id, name: prefix, claims: { a: 1 }, lifetime: 60 })).lifetime, 60)
	await refused(jwtTemplates.create({ name: prefix, claims: {} }), 422, "form_identifier_exists", "name")
	await refused(jwtTemplates.create({ name: prefix + "2", claims: { sub: "x" } }), 400, "jwt_template_reserved_claim", "claims")
	await refused(jwtTemplates.create({ name: prefix + "2", claims: {}, customSigningKey: true, signingKey: "x", signingAlgorithm: "HS256" }), 501, "not_implemented", "custom_signing_key")
	assert.equal((await jwtTemplates.delete(template.id)).deleted, true)
	await refused(jwtTemplates.get(template.id), 404, "resource_not_found")
	await refused(sessions.getToken(session.id, prefix), 404, "resource_not_found")
})

await step("sessions.revokeSession", async () => {
	assert.equal((await sessions.revokeSession(session.id)).status, "revoked")
	await refused(sessions.getToken(session.id), 404, "resource_not_found")
	await refused(sessions.revokeSession("sess_none"), 404, "resource_not_found")
})

await step("instance, jwks and testing tokens", async () => {
	const instance = await clerk.instance.get()
	assert.match(instance.id, /^ins_/)
	assert.equal(instance.environmentType, "production")
	assert.equal(await clerk.instance.update({ hibp: false, supportEmail: "" }), undefined)
	await refused(clerk.instance.update({ hibp: true }), 501, "not_implemented", "hibp")
	assert.equal((await clerk.instance.updateRestrictions({ allowlist: false })).allowlist, false)
	const { keys } = await clerk.jwks.getJwks()
	assert.deepEqual([keys[0].kty, keys[0].use, keys[0].alg], ["RSA", "sig", "RS256"])
	const token = await clerk.testingTokens.createTestingToken()
	assert.ok(token.token)
	await refused(clerk.redirectUrls.getRedirectUrlList(), 501, "not_implemented")
	await refused(clerk.allowlistIdentifiers.getAllowlistIdentifierList(), 501, "not_implemented")
	await refused(clerk.domains.list(), 501, "not_implemented")
})

await step("a wrong secret key, an unknown route, a wrong method and a wrong version", async () => {
	const stranger = createClerkClient({ secretKey: "sk_live_wrong", publishableKey, apiUrl })
	await refused(stranger.users.getUser(ada.id), 401, "clerk_key_invalid")
	const raw = async (method, path, headers = {}) => {
		const response = await fetch(apiUrl + path, { method, headers: { authorization: "Bearer " + secretKey, ...headers } })
		const body = await response.json()
		assert.equal(response.headers.get("content-type"), "application/json")
		assert.equal(response.headers.get("clerk-trace-id"), body.clerk_trace_id)
		return [response.status, body.errors[0].code]
	}
	assert.deepEqual(await raw("GET", "/v1/nothing"), [404, "resource_not_found"])
	assert.deepEqual(await raw("DELETE", "/v1/users"), [405, "method_not_allowed"])
	assert.deepEqual(await raw("GET", "/v1/users", { "clerk-api-version": "tomorrow" }), [400, "api_version_invalid"])
})

await step("too many updates of one user: 429 with a time to wait", async () => {
	const eve = await users.createUser({ emailAddress: [prefix + "-eve@example.com"], password })
	let refusal
	for (let i = 0; i < 12 && !refusal; i++) refusal = await users.updateUser(eve.id, { firstName: "E" + i }).then(() => null, (e) => e)
	assert.deepEqual([refusal?.status, refusal?.errors[0].code, refusal?.retryAfter], [429, "too_many_requests", 10])
	assert.equal((await users.getUser(eve.id)).firstName, "E9")
})

await step("users.deleteUser", async () => {
	for (const user of [ada, bob]) assert.equal((await users.deleteUser(user.id)).deleted, true)
	assert.equal(await users.getCount({ userId: [ada.id, bob.id] }), 0)
})

console.log(JSON.stringify({ steps }))
