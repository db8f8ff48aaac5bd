// Who is signed in, as this page knows it. Everything follows from the claims of
// the session token: undefined is not known yet, null is nobody.

import type { AuthState, Claims, Requirement, User, UserState } from "./public"
import { orgOf, satisfies } from "./has"
import { attempt, fields, initial, text } from "./page"
import { createStore } from "./store"

const never = () => false

// What is not known is undefined in every field, and what nobody has is null, as claims are.
const loaded = (known: object | null | undefined) => ({
	isLoaded: known !== undefined,
	isSignedIn: known ? true : known === null ? false : undefined,
})

const authOf = (claims: Claims | null | undefined): AuthState =>
	({
		...loaded(claims),
		userId: claims && claims["sub"],
		sessionId: claims && claims["sid"],
		sessionClaims: claims,
		actor: claims && (claims["act"] ?? null),
		...orgOf(claims),
		has: claims ? (requirement: Requirement) => satisfies(claims, requirement) : never,
	}) as AuthState

const personOf = (claims: Claims | null | undefined, user: User | undefined): UserState => {
	const known = claims && user // null when nobody is signed in
	return { ...loaded(known), user: known } as UserState
}

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

const shownTo = "usher_shown_to"

// Copies that libraries keep of pages belong to whoever was signed in when they were made:
// htmx 2 has them in the storage of the tab, Turbo and Unpoly in memory.
const dropCopies = (claims: Claims | null) =>
	attempt(() => {
		const who = text(claims?.["sid"]) ?? ""
		const before = sessionStorage.getItem(shownTo)
		if (before == who) return
		sessionStorage.setItem(shownTo, who)
		if (before == null) return
		sessionStorage.removeItem("htmx-history-cache")
		const libraries = globalThis as unknown as { Turbo?: { cache: { clear(): void } }; up?: { cache: { evict(): void } } }
		libraries.Turbo?.cache.clear()
		libraries.up?.cache.evict()
	})

/** Creates the two stores; needs runs when one of them is read before it knows. */
export const createState = (needs: () => void) => {
	let claims = start()
	let user = startUser(claims)
	if (claims !== undefined) dropCopies(claims)
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
			dropCopies(claims)
			user = nextUser ?? (same ? user : undefined)
			auth.set(authOf(claims), mark(false, claims) != before)
			if (mark(claims === null, user) != userBefore) person.set(personOf(claims, user), true)
		},
	}
}
