// The one shape all state takes: a value that can be read and watched.

import type { Store } from "./public"

/** A store and its setter. wake runs before each read, so that what nobody reads is never loaded. */
export const createStore = <T>(value: T, wake: () => void) => {
	const listeners = new Set<() => void>()
	const store: Store<T> = {
		get() {
			wake()
			return value
		},
		subscribe(fn) {
			wake()
			// A listener that throws must not keep the others from hearing, nor lose its way to unsubscribe.
			const listener = () => {
				try {
					fn(value)
				} catch (error) {
					setTimeout(() => {
						throw error
					})
				}
			}
			listeners.add(listener)
			listener()
			return () => void listeners.delete(listener)
		},
	}
	const set = (next: T, tell: boolean) => {
		value = next
		if (tell) for (const listener of [...listeners]) if (listeners.has(listener)) listener()
	}
	return { store, set }
}
