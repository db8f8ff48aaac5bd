package conformance

import (
	"math/rand/v2"
	"net/url"
	"strings"
)

// target is the path and query that were asked for.
func target(r *rand.Rand) string {
	path := pick(r, "/", "/p", "/p", "/orgs/acme", "/orgs/acme/settings", "/orgs/other", "/ORGS/acme/", "/by-id/org_1/x", "/by-id/org_9", "/me", "/me/", "/a//b", "/a%20b;c/d", "/x.css")
	var words []string
	for range r.IntN(3) {
		words = append(words, pick(r, "a=1", "b=x%20y", "c", "a=%C3%BC&a=2", "d=e+f", "__clerk_help=1", "__dev_session=dvb_9", "e=%2F%2Fevil.example"))
	}
	if len(words) == 0 {
		return path
	}
	return path + "?" + strings.Join(words, "&")
}

func (q *question) addParam(name, value string) { q.addWord(name + "=" + url.QueryEscape(value)) }

func (q *question) addWord(word string) {
	sep := "?"
	if strings.Contains(q.target, "?") {
		sep = "&"
	}
	q.target += sep + word
}

// oddAddress adds what few addresses hold: parameters twice or spelt otherwise, and words
// that readers disagree about.
func (q *question) oddAddress(r *rand.Rand) {
	for range 1 + r.IntN(2) {
		switch r.IntN(4) {
		case 0:
			_, rest, ok := strings.Cut(q.target, "?")
			if ok { // the same again, first or last
				name, _, _ := strings.Cut(pick(r, strings.Split(rest, "&")...), "=")
				word := name + "=" + pick(r, "", "x", "true", "dvb_1")
				if chance(r, 50) {
					q.addWord(word)
				} else {
					q.target = strings.Replace(q.target, "?", "?"+word+"&", 1)
				}
			}
		case 1:
			q.target = strings.Replace(q.target, "__clerk", pick(r, "%5F_clerk", "__%63lerk", "__CLERK", "+__clerk"), 1)
		case 2:
			q.addWord(pick(r, "q=100%", "%", "%zz=1", "q=%zz", "x;y=1", "a=1;__clerk_synced=true", "=v", "", "&&", "a=b=c", "list[]=1", "q={|}", "q='%22%3C", "__clerk_db_jwt", "__clerk_handshake=", "__clerk_synced"))
		case 3:
			path, query, ok := strings.Cut(q.target, "?")
			q.target = pick(r, path+"/", "/"+path, path+"%2Fx", path+"%5Cx", "/%C3%BC", "/~a!b'(c)*", path+"//", "/@evil.example", path+":80")
			if ok {
				q.target += "?" + query
			}
		}
	}
}
