import type { ReactNode } from "react"

export const metadata = { title: "Welcome" }

// The page of the benchmark's other contestants has no scripts, so there is no provider.
export default function Layout({ children }: { children: ReactNode }) {
	return (
		<html lang="en">
			<body>{children}</body>
		</html>
	)
}
