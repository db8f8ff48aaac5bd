// What the pages are made of. The benchmark's has the text of the other contestants'.

export function page(title, body) {
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><header><a href="/">Home</a> <a href="/dashboard">Dashboard</a></header><main>${body}</main></body></html>`
}

const items = Array.from({ length: 60 }, (_, i) => `<li class="row"><a href="/item">Item ${i} with a line of text beside it</a></li>`)

export const lines = `<ul>${items.join("")}</ul>`

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" }

export function escaped(text) {
	return String(text).replace(/[&<>"']/g, (c) => entities[c])
}
