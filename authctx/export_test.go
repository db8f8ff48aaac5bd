package authctx

// ForgetTokens empties the verified-token cache, so that a benchmark can miss.
func ForgetTokens(a *Authenticator) {
	for i := range a.cache.shards {
		s := &a.cache.shards[i]
		s.mu.Lock()
		clear(s.entries)
		s.bytes = 0
		s.mu.Unlock()
	}
}

// CachedTokens counts what the verified-token cache holds.
func CachedTokens(a *Authenticator) (n int) {
	for i := range a.cache.shards {
		n += len(a.cache.shards[i].entries)
	}
	return n
}
