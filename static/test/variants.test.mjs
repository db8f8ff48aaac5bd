// What is sent compressed is what is sent plain.

import assert from "node:assert/strict"
import { readFileSync, readdirSync } from "node:fs"
import { test } from "node:test"
import { brotliDecompressSync, gunzipSync } from "node:zlib"

const dist = new URL("../dist/", import.meta.url)

test("every file has its variants", () => {
	const files = readdirSync(dist)
	const built = files.filter((name) => /\.(js|css)$/.test(name))
	assert.equal(built.length, 3)
	for (const name of built) {
		const plain = readFileSync(new URL(name, dist))
		assert.deepEqual(brotliDecompressSync(readFileSync(new URL(name + ".br", dist))), plain, name + ".br")
		assert.deepEqual(gunzipSync(readFileSync(new URL(name + ".gz", dist))), plain, name + ".gz")
	}
	assert.equal(files.filter((name) => /\.(br|gz)$/.test(name)).length, 2 * built.length)
})
