"use client"

import { useAuth } from "@clerk/nextjs"
import { useState } from "react"

export default function Page() {
	const { isLoaded, isSignedIn, userId, sessionId, getToken } = useAuth()
	const [token, setToken] = useState("")
	if (!isLoaded) {
		return <p>Loading...</p>
	}
	if (!isSignedIn) {
		return <p>Sign in to view this page</p>
	}
	return (
		<>
			<p>
				Hello, {userId}! Your current active session is {sessionId}.
			</p>
			<button type="button" onClick={async () => setToken((await getToken({ skipCache: true })) ?? "none")}>
				Get a token
			</button>
			<output>{token}</output>
		</>
	)
}
