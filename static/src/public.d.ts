// The module "authctx": signed-in state of a server-rendered page, for scripts.
//
//	import { useAuth, useUser } from "authctx"
//	const stop = useAuth().subscribe(({ isSignedIn, userId }) => { … })
//
// Both stores start from the props element of the page and need no request to
// know who is signed in. On a page without props they load by themselves when
// they are first read.

/** A value that changes over time. A snapshot is never altered: each change makes a new one. */
export interface Store<T> {
	/** The current snapshot, the same object until something changes. */
	get(): T
	/** Calls fn now and after each change, until the returned function is called. */
	subscribe(fn: (value: T) => void): () => void
}

/** Payload of the session token, custom claims included. */
export type Claims = Readonly<Record<string, unknown>>

/** Preset, or a level with the age in minutes that a proof may not have reached. */
export type Reverification =
	| "strict_mfa"
	| "strict"
	| "moderate"
	| "lax"
	| { level: "first_factor" | "second_factor" | "multi_factor"; afterMinutes: number }

/** What `has` checks. Everything given must hold; nothing given is false. */
export interface Requirement {
	/** Role in the active organisation, with or without "org:". */
	role?: string
	/** Permission in the active organisation, with or without "org:". */
	permission?: string
	/** Feature, "org:name" or "user:name" to name whose. */
	feature?: string
	/** Plan, "org:name" or "user:name" to name whose. */
	plan?: string
	/** How fresh the proofs of identity were when the token was made. */
	reverification?: Reverification
}

/** Checks requirements; false while loading and when signed out. A display aid: the server decides. */
export type Has = (requirement: Requirement) => boolean

/** Not known yet. */
export interface AuthLoading {
	readonly isLoaded: false
	readonly isSignedIn: undefined
	readonly userId: undefined
	readonly sessionId: undefined
	readonly sessionClaims: undefined
	readonly actor: undefined
	readonly orgId: undefined
	readonly orgRole: undefined
	readonly orgSlug: undefined
	readonly has: Has
}

/** Nobody is signed in. */
export interface AuthSignedOut {
	readonly isLoaded: true
	readonly isSignedIn: false
	readonly userId: null
	readonly sessionId: null
	readonly sessionClaims: null
	readonly actor: null
	readonly orgId: null
	readonly orgRole: null
	readonly orgSlug: null
	readonly has: Has
}

/** Somebody is signed in. */
export interface AuthSignedIn {
	readonly isLoaded: true
	readonly isSignedIn: true
	readonly userId: string
	readonly sessionId: string
	readonly sessionClaims: Claims
	/** The impersonator, if the session is impersonated. */
	readonly actor: Claims | null
	readonly orgId: string | null
	readonly orgRole: string | null
	readonly orgSlug: string | null
	readonly has: Has
}

export type AuthState = AuthLoading | AuthSignedOut | AuthSignedIn

export interface GetTokenOptions {
	/** Name of a JWT template; a session token without. */
	template?: string
	/** Fetch a new token even when the present one is still good. */
	skipCache?: boolean
}

export interface SignOutOptions {
	/** Where to go afterwards, "/" if not given. Anything but http and https counts as "/". */
	redirectUrl?: string
}

export interface AuthStore extends Store<AuthState> {
	/**
	 * A token with more than 5 seconds to live, fetched if need be; null when signed
	 * out. Rejects with a FetchError when the service refuses or cannot be reached.
	 */
	getToken(options?: GetTokenOptions): Promise<string | null>
	/** Ends all sessions of this browser, tells its other tabs, and leaves the page. Rejects if the service did not answer. */
	signOut(options?: SignOutOptions): Promise<void>
}

export interface EmailAddress {
	readonly id: string
	readonly emailAddress: string
}

/** The person. Times are unix milliseconds. */
export interface User {
	readonly id: string
	readonly firstName: string | null
	readonly lastName: string | null
	readonly fullName: string | null
	readonly username: string | null
	readonly imageUrl: string
	readonly hasImage: boolean
	readonly primaryEmailAddressId: string | null
	readonly primaryEmailAddress: string | null
	readonly emailAddresses: readonly EmailAddress[]
	readonly publicMetadata: Readonly<Record<string, unknown>>
	readonly createdAt: number
	readonly updatedAt: number
	readonly lastSignInAt: number | null
}

export type UserState =
	| { readonly isLoaded: false; readonly isSignedIn: undefined; readonly user: undefined }
	| { readonly isLoaded: true; readonly isSignedIn: false; readonly user: null }
	| { readonly isLoaded: true; readonly isSignedIn: true; readonly user: User }

export type UserStore = Store<UserState>

/** Why a request to the Frontend API failed. */
export interface FetchError extends Error {
	/** HTTP status, 0 if there was no answer. */
	readonly status: number
}

/** Who is signed in. Always the same store. */
export declare function useAuth(): AuthStore
/** The person who is signed in. Always the same store. */
export declare function useUser(): UserStore
/** The same as useAuth().signOut. */
export declare function signOut(options?: SignOutOptions): Promise<void>
