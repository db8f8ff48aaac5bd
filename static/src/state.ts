// Who is signed in, as this page knows it. Everything follows from the claims of
// the session token: undefined is not known yet, null is nobody.

import type { AuthState, Claims, User, UserState } from "./public"
import { orgOf, satisfies } from "./has"
import { fields, initial, text } from "./page"
import { createStore } from "./store"

const never = () => false

const empty = <const L, const S, const E>(isLoaded: L, isSignedIn: S, none: E) => ({
	isLoaded,
	isSignedIn,
	userId: none,
	sessionId: none,
	sessionClaims: none,
	actor: none,
	orgId: none,
	orgRole: none,
	orgSlug: none,
	has: never,
})

const authOf = (claims: Claims | null | undefined): AuthState =>
	claims
		? {
				isLoaded: true,
				isSignedIn: true,
				userId: claims["sub"] as string,
				sessionId: claims["sid"] as string,
				sessionClaims: claims,
				actor: (claims["act"] as Claims | undefined) ?? null,
				...orgOf(claims),
				has: (requirement) => satisfies(claims, requirement),
			}
		: claims === null
			? empty(true, false, null)
			: empty(false, undefined, undefined)

const personOf = (claims: Claims | null | undefined, user: User | undefined): UserState =>
	claims === null
		? { isLoaded: true, isSignedIn: false, user: null }
		: claims && user
			? { isLoaded: true, isSignedIn: true, user }
			: { isLoaded: false, isSignedIn: undefined, user: undefined }

/** Claims that name a user and a session, or undefined. */
export const sessionClaims = (value: unknown): Claims | undefined => {
	const claims = fields(value)
	return text(claims["sub"]) && text(claims["sid"]) ? claims : undefined
}

const start = () => {
	if (initial["isAuthenticated"] === false) return null
	return initial["isAuthenticated"] === true ? sessionClaims(initial["sessionClaims"]) : undefined
}

const startUser = (claims: Claims | null | undefined) => {
	const user = fields(initial["user"])
	return claims && user["id"] === claims["sub"] ? (user as unknown as User) : undefined
}

// What every refresh changes is nothing to tell listeners about.
const mark = (...parts: unknown[]) =>
	JSON.stringify(parts, (key, part) => (/^(iat|nbf|exp|jti)$/.test(key) ? undefined : part))

/** Creates the two stores; needs runs when one of them is read before it knows. */
export const createState = (needs: () => void) => {
	let claims = start()
	let user = startUser(claims)
	const auth = createStore(authOf(claims), () => claims === undefined && needs())
	const person = createStore(personOf(claims, user), () => claims !== null && !(claims && user) && needs())
	return {
		auth: auth.store,
		person: person.store,
		claims: () => claims,
		/** Replaces what is known. The user stays if none is given and the person is the same. */
		update(next: Claims | null, nextUser?: User) {
			const same = next?.["sub"] === claims?.["sub"]
			const before = mark(claims === undefined, claims)
			const userBefore = mark(claims === null, user)
			claims = next
			user = nextUser ?? (same ? user : undefined)
			auth.set(authOf(claims), mark(false, claims) != before)
			if (mark(claims === null, user) != userBefore) person.set(personOf(claims, user), true)
		},
	}
}
