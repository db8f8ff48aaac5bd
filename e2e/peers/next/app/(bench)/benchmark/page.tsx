import { auth, currentUser } from "@clerk/nextjs/server"
import { notFound } from "next/navigation"

const lines = Array.from({ length: 60 }, (_, i) => `Item ${i} with a line of text beside it`)

// The page that the benchmark measures, with the name from the Backend API or, with
// ?name=token, from the session token.
export default async function Page({ searchParams }: { searchParams: Promise<{ name?: string }> }) {
	const { isAuthenticated, sessionClaims } = await auth()
	if (!isAuthenticated) {
		notFound()
	}
	const { name: from } = await searchParams
	const name = from === "token" ? String(sessionClaims.first_name) : (await currentUser())?.firstName
	return (
		<>
			<header>
				<a href="/">Home</a> <a href="/dashboard">Dashboard</a>
			</header>
			<main>
				<h1>Welcome, {name}!</h1>
				<ul>
					{lines.map((line) => (
						<li className="row" key={line}>
							<a href="/item">{line}</a>
						</li>
					))}
				</ul>
			</main>
		</>
	)
}
