import { ClerkProvider } from "@clerk/nextjs"
import type { ReactNode } from "react"

export const metadata = { title: "Usher and Next.js" }

// dynamic hands the first auth state of each request to the browser.
export default function Layout({ children }: { children: ReactNode }) {
	return (
		<html lang="en">
			<body>
				<ClerkProvider dynamic>
					<main>{children}</main>
				</ClerkProvider>
			</body>
		</html>
	)
}
