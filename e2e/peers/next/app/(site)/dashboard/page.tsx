import { auth } from "@clerk/nextjs/server"

// Whoever is signed out is led to the instance's sign-in page and back.
export default async function Page() {
	const { userId } = await auth.protect()
	return (
		<>
			<h1>Dashboard</h1>
			<p>You are {userId}.</p>
		</>
	)
}
