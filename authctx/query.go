package authctx

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/usherauth/usher/internal/web"
)

// param is the first value of a query parameter, and whether there is one. It is read as
// browsers write and the reference reads it (WHATWG URL, application/x-www-form-urlencoded
// parsing): "&" alone separates, and what is no percent-encoding stands for itself, where
// [url.ParseQuery] drops the parameter.
func param(r *http.Request, name string) (string, bool) {
	raw := r.URL.RawQuery
	if !strings.Contains(raw, name) && !strings.Contains(raw, "%") {
		return "", false
	}
	for word := range strings.SplitSeq(raw, "&") {
		n, v, _ := strings.Cut(word, "=")
		if len(n) >= len(name) && len(n) <= 3*len(name) && plainWord(n) == name { // others are not decoded: there may be many
			return plainWord(v), true
		}
	}
	return "", false
}

func queryParam(r *http.Request, name string) string {
	value, _ := param(r, name)
	return value
}

// hasParam reports a query parameter, also an empty one.
func hasParam(r *http.Request, name string) bool {
	_, ok := param(r, name)
	return ok
}

// plainWord decodes a name or a value of a query.
func plainWord(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	words := strings.Split(strings.ReplaceAll(s, "+", " "), "%")
	for i, word := range words[1:] {
		text, err := url.PathUnescape("%" + word[:min(2, len(word))])
		if err != nil {
			text = "%" + word[:min(2, len(word))]
		}
		words[i+1] = text + word[min(2, len(word)):]
	}
	return strings.Join(words, "")
}

// currentURL is the address that the browser asked for, on origin and without the named
// query parameters.
func currentURL(r *http.Request, origin string, without ...string) string {
	asked := web.Requested(r)
	out := origin + asked.EscapedPath()
	if kept := withoutParams(asked.RawQuery, without...); kept != "" {
		out += "?" + kept
	}
	return out
}

// withoutParams leaves out the named parameters of a query, and the others as they are.
func withoutParams(query string, names ...string) string {
	if query == "" {
		return ""
	}
	var kept []string
	for word := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(word, "="); !slices.Contains(names, plainWord(name)) {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, "&")
}

// setParam gives u a parameter: in the place of the first of that name, or as the last.
func setParam(u *url.URL, name, value string) {
	found := false
	var kept []string
	for word := range strings.SplitSeq(u.RawQuery, "&") {
		if n, _, _ := strings.Cut(word, "="); plainWord(n) != name {
			kept = append(kept, word)
		} else if !found {
			found, kept = true, append(kept, name+"="+url.QueryEscape(value))
		}
	}
	if u.RawQuery = strings.Join(kept, "&"); !found {
		appendParam(u, name, value)
	}
}

// appendParam leaves the parameters that are there as they are.
func appendParam(u *url.URL, name, value string) {
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += name + "=" + url.QueryEscape(value)
}
