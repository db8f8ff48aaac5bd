import { ClerkProvider } from "@clerk/nextjs"
import type { AppProps } from "next/app"

export default function App({ Component, pageProps }: AppProps) {
	return (
		<ClerkProvider {...pageProps}>
			<main>
				<Component {...pageProps} />
			</main>
		</ClerkProvider>
	)
}
