package libraries

import "fmt"

// library is how pages use one of the libraries.
type library struct {
	name    string
	scripts []string // below node_modules, or "own.js"
	head    string   // more for the head of every page
	body    string   // attributes of every body
	own     string   // a script of the app
	part    string   // loads /part into #part; %s is the path of the part
	replies string   // what /part and the like are wrapped in: %s is the part
	eval    bool     // the library compiles expressions: 'unsafe-eval'
	styles  bool     // the library adds a style element with the page's nonce
	status  bool     // it shows a script the status of a part that was refused
}

// frame is the part as most libraries take it: by its id.
const frame = `<div id="part">%s</div>`

var libraries = []library{
	{
		name: "htmx2", scripts: []string{"htmx2/dist/htmx.js"},
		head: `<meta name="htmx-config" content='{"includeIndicatorStyles":false,"allowEval":false}'>`,
		body: `hx-boost="true"`,
		part: `<button type="button" class="load" hx-get="%s" hx-target="#part" hx-swap="outerHTML">Load</button>`, replies: frame,
	},
	{
		name: "htmx4", scripts: []string{"htmx4/dist/htmx.js"},
		head: `<meta name="htmx-config" content='{"includeIndicatorCSS":false}'>`,
		body: `hx-boost:inherited="true"`,
		part: `<button type="button" class="load" hx-get="%s" hx-target="#part" hx-swap="outerHTML">Load</button>`, replies: frame,
	},
	{
		name: "turbo", scripts: []string{"@hotwired/turbo/dist/turbo.es2017-umd.js"}, styles: true,
		part: `<a class="load" href="%s" data-turbo-frame="part">Load</a>`, replies: `<turbo-frame id="part">%s</turbo-frame>`,
	},
	{
		name: "alpine-ajax", scripts: []string{"own.js", "@imacrayon/alpine-ajax/dist/cdn.js", "alpinejs/dist/cdn.js"},
		// Back reloads the pages that alpine-ajax has marked; the first one it has not.
		own: `document.querySelectorAll("form, a:not(.load)").forEach((e) => e.setAttribute("x-target.push", "main"))
		history.replaceState({ __ajax: true }, "")`,
		part: `<a class="load" href="%s" x-target="part">Load</a>`, replies: frame,
	},
	{
		name: "unpoly", scripts: []string{"unpoly/unpoly.js", "own.js"},
		own:  `up.link.config.followSelectors.push("a[href]"); up.form.config.submitSelectors.push("form")`,
		part: `<a class="load" href="%s" up-target="#part">Load</a>`, replies: frame,
	},
	{
		name: "datastar", scripts: []string{"@starfederation/datastar/dist/datastar.js", "own.js"}, eval: true,
		// The newest release of the registry calls the events of 1.0 by their names before that.
		own: `document.addEventListener("datastar-sse", ({ detail: { type, elId, argsRaw } }) => {
			if (type !== "datastar-patch-elements") return
			const args = { fragments: argsRaw.elements, selector: argsRaw.selector, mergeMode: argsRaw.mode }
			document.dispatchEvent(new CustomEvent("datastar-sse", { detail: { type: "datastar-merge-fragments", elId, argsRaw: args } }))
		})`,
		part:    `<button type="button" class="load" data-on-click="@get('%s')">Load</button>`,
		replies: "event: datastar-merge-fragments\ndata: fragments <div id=\"part\">%s</div>\n\n",
	},
	{
		name: "fetch", scripts: []string{"own.js"}, status: true,
		own: `document.addEventListener("click", async (event) => {
			const path = event.target.dataset?.fetch
			if (!path) return
			const answer = await fetch(path)
			const body = await answer.text()
			const part = document.getElementById("part")
			part.dataset.status = answer.status
			part.dataset.type = answer.headers.get("Content-Type")
			part.textContent = body
		})
		document.addEventListener("submit", async (event) => {
			if (!event.target.matches(".note")) return
			event.preventDefault()
			const answer = await fetch(event.target.action, { method: "POST", body: new URLSearchParams(new FormData(event.target)) })
			document.getElementById("saved").textContent = answer.ok ? await answer.text() : "not saved: " + answer.status
		})`,
		part: `<button type="button" class="load" data-fetch="%s">Load</button>`, replies: "%s",
	},
	{name: "none", part: `<a class="load" href="%s">Load</a>`, replies: "<!doctype html>" + frame},
}

// policy is the weakest content security policy that the library needs: what cmd/web
// sends, without require-trusted-types-for, since all of them write HTML into pages.
func (l *library) policy(nonce string) string {
	scripts, styles := fmt.Sprintf("'nonce-%s' 'strict-dynamic'", nonce), "'self'"
	if l.eval {
		scripts += " 'unsafe-eval'"
	}
	if l.styles {
		styles = fmt.Sprintf("'nonce-%s'", nonce)
	}
	return "default-src 'none'; script-src " + scripts + "; style-src " + styles + "; connect-src 'self'; worker-src 'self'; img-src 'self' data:;" +
		" form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
}
