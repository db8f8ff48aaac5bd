"use client"

import { useClerk, useUser } from "@clerk/nextjs"

export default function Page() {
	const { isLoaded, isSignedIn, user } = useUser()
	const { signOut } = useClerk()
	if (!isLoaded) {
		return <p>Loading...</p>
	}
	if (!isSignedIn) {
		return <p>Sign in to view this page</p>
	}
	return (
		<>
			<p>Hello {user.firstName}!</p>
			<button type="button" onClick={() => signOut({ redirectUrl: "/" })}>
				Sign out
			</button>
		</>
	)
}
