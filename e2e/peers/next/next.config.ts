import type { NextConfig } from "next"

// The tests and the benchmark build for an instance of their own each, so each names a
// folder of its own for the result.
const config: NextConfig = {
	distDir: process.env.NEXT_DIST_DIR ?? ".next",
	poweredByHeader: false,
	turbopack: { root: import.meta.dirname },
}

export default config
