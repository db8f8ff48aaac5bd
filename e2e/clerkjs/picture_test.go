package clerkjs

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// picture is a script that defines a function which draws a picture of a kind, so many
// pixels wide and high.
const picture = `
	const picture = (type, size) => new Promise((done) => {
		const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size })
		const draw = canvas.getContext("2d")
		draw.fillStyle = "teal"
		draw.fillRect(0, 0, size, size)
		canvas.toBlob((blob) => done(new File([blob], "picture", { type })), type)
	})
`

// wantPicture fails unless an address shows a picture to a page, safely.
func (p *page) wantPicture(t *testing.T, url string) {
	t.Helper()
	type shown struct {
		Width       int
		Kind, Sniff string
	}
	got := ask[shown](p, fmt.Sprintf(`
		const url = %q
		const answer = await fetch(url)
		const image = Object.assign(new Image(), { src: url })
		await image.decode()
		return { Width: image.naturalWidth, Kind: answer.headers.get("Content-Type"), Sniff: answer.headers.get("X-Content-Type-Options") }`, url))
	if got.Width == 0 || (got.Kind != "image/png" && got.Kind != "image/jpeg") || !strings.HasPrefix(got.Sniff, "nosniff") {
		t.Errorf("%s shows %+v", url, got)
	}
}

func TestProfileImage(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	p := w.person()
	var before string
	w.step("somebody without a picture has a default one", func(t *testing.T) {
		p.load()
		p.signUp(ada)
		if has := ask[bool](p, `return Clerk.user.hasImage`); has {
			t.Error("there is a picture already")
		}
		before = ask[string](p, `return Clerk.user.imageUrl`)
		p.wantPicture(t, before)
	})
	w.step("setProfileImage", func(t *testing.T) {
		for _, kind := range []string{"image/png", "image/jpeg"} {
			got := ask[[]any](p, picture+`
				const image = await Clerk.user.setProfileImage({ file: await picture("`+kind+`", 300) })
				return [Clerk.user.hasImage, image.publicUrl === Clerk.user.imageUrl, Clerk.user.imageUrl !== `+js(before)+`, image.id !== ""]`)
			if want := []any{true, true, true, true}; !slices.Equal(got, want) {
				t.Errorf("%s: has a picture, its address, changed, id: %v, want %v", kind, got, want)
			}
			p.wantPicture(t, ask[string](p, `return Clerk.user.imageUrl`))
		}
	})
	w.step("what is no picture is refused, whatever it says that it is", func(t *testing.T) {
		kept := ask[string](p, `return Clerk.user.imageUrl`)
		p.refusal(`await Clerk.user.setProfileImage({ file: new File(["<svg xmlns='http://www.w3.org/2000/svg'/>"], "x.png", { type: "image/png" }) })`, 400)
		p.refusal(`await Clerk.user.setProfileImage({ file: new File([new Uint8Array(11 << 20)], "x.png", { type: "image/png" }) })`, 413)
		if got := ask[string](p, `await Clerk.user.reload(); return Clerk.user.imageUrl`); got != kept {
			t.Errorf("the picture is %s, was %s", got, kept)
		}
	})
	w.step("and taken away again", func(t *testing.T) {
		p.run(`await Clerk.user.setProfileImage({ file: null })`)
		got := ask[[]any](p, `await Clerk.user.reload(); return [Clerk.user.hasImage, Clerk.user.imageUrl]`)
		if want := []any{false, before}; !slices.Equal(got, want) {
			t.Errorf("has a picture, and its address: %v, want %v", got, want)
		}
	})
}
