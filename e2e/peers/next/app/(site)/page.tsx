import { auth, currentUser } from "@clerk/nextjs/server"

export default async function Page() {
	const { isAuthenticated } = await auth()
	if (!isAuthenticated) {
		return <p>Sign in to view this page</p>
	}
	const user = await currentUser()
	return <h1>Welcome, {user?.firstName}!</h1>
}
