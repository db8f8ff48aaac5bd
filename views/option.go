package views

import "github.com/a-h/templ"

// Option changes what [SignedIn], [SignedOut], [Show] and [Protect] render.
type Option func(*choice)

// Fallback is rendered in place of the children when they are not for this person. The
// last one given counts; a nil component is no fallback.
func Fallback(c templ.Component) Option {
	return func(ch *choice) { ch.fallback = c }
}

type choice struct{ fallback templ.Component }

// otherwise is what opts say to render instead of the children.
func otherwise(opts []Option) templ.Component {
	var ch choice
	for _, opt := range opts {
		opt(&ch)
	}
	if ch.fallback == nil {
		return templ.NopComponent
	}
	return ch.fallback
}
