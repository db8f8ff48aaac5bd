package identity_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/usherauth/usher/wire"
)

const profileImage = "/v1/me/profile_image"

// upload sends a file as browser clients do.
func (v *visitor) upload(target, field string, data []byte) answer {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile(field, "me.svg.html.exe")
	if err == nil {
		_, err = part.Write(data)
	}
	if err := form.Close(); err != nil {
		v.t.Fatal(err)
	}
	if err != nil {
		v.t.Fatal(err)
	}
	return v.send("POST", target, form.FormDataContentType(), &body)
}

// sample is a picture of which every part has its own colour.
func sample(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), 90, 255})
		}
	}
	return img
}

func encodePNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodeJPEG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encodeGIF(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// path is an address on the public origin as the Frontend API sees it.
func apiPath(t *testing.T, address string) string {
	t.Helper()
	path, ok := strings.CutPrefix(address, origin+wire.ProxyPath)
	if !ok {
		t.Fatalf("image address %q is not below %s", address, origin+wire.ProxyPath)
	}
	return path
}

func TestProfileImage(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	v := app.visitor()
	picture := sample(1200, 600)
	v.upload(profileImage, "file", encodePNG(t, picture)).want(t, 401, wire.CodeSignedOut)
	v.signUp("ada@example.com")
	before := v.client().Sessions[0].User
	if before.HasImage || before.ImageURL == "" {
		t.Errorf("without a picture: has_image %v, image_url %q", before.HasImage, before.ImageURL)
	}
	for _, c := range []struct {
		name, contentType string
		data              []byte
		w, h              int
	}{
		{"a large PNG is scaled down", "image/png", encodePNG(t, picture), 512, 256},
		{"a small PNG keeps its size", "image/png", encodePNG(t, sample(20, 30)), 20, 30},
		{"a JPEG stays one", "image/jpeg", encodeJPEG(t, picture), 512, 256},
		{"a GIF becomes a PNG", "image/png", encodeGIF(t, picture), 512, 256},
		{"a line has a width", "image/png", encodePNG(t, sample(2000, 1)), 512, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := v.upload(profileImage, "file", c.data)
			a.want(t, 200, "")
			got := decode[wire.Response[wire.Image]](t, a.body)
			user := got.Client.Sessions[0].User
			if got.Response.Object != "image" || user.ImageURL != got.Response.PublicURL || !user.HasImage {
				t.Errorf("answer = %+v, user has %v %q", got.Response, user.HasImage, user.ImageURL)
			}
			if p := got.Client.Sessions[0].PublicUserData; p.ImageURL != user.ImageURL || !p.HasImage {
				t.Errorf("public_user_data = %+v", p)
			}
			served := app.visitor().get(apiPath(t, user.ImageURL))
			checkServed(t, served, c.contentType)
			img, _, err := image.Decode(strings.NewReader(served.body))
			if err != nil || img.Bounds().Dx() != c.w || img.Bounds().Dy() != c.h {
				t.Fatalf("served picture: %v, %v; want %d×%d", err, img.Bounds(), c.w, c.h)
			}
			if r, g, _, _ := img.At(c.w-1, c.h/2).RGBA(); c.w > 20 && (r>>8 < 220 || g>>8 > 160) {
				t.Errorf("right edge is red %d, green %d: the picture is another", r>>8, g>>8)
			}
		})
	}
	last := v.client().Sessions[0].User.ImageURL
	a := v.post(profileImage + "?_method=DELETE")
	a.want(t, 200, "")
	if u := decode[wire.Response[wire.Deleted]](t, a.body).Client.Sessions[0].User; u.HasImage || u.ImageURL != before.ImageURL {
		t.Errorf("after the deletion: %v %q", u.HasImage, u.ImageURL)
	}
	v.get(apiPath(t, last)).want(t, 404, wire.CodeResourceNotFound)
	v.post(profileImage+"?_method=DELETE").want(t, 404, wire.CodeImageNotFound)
}

// checkServed holds what makes a picture safe to show and to keep.
func checkServed(t *testing.T, a answer, contentType string) {
	t.Helper()
	if a.StatusCode != 200 {
		t.Fatalf("picture = %d %s", a.StatusCode, a.body)
	}
	for name, want := range map[string]string{
		"Content-Type": contentType, "X-Content-Type-Options": "nosniff",
		"Cache-Control":           "public, max-age=31536000, immutable",
		"Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if len(a.Cookies()) > 0 || varies(a.Header, "Cookie") {
		t.Errorf("a public picture sets %v and varies by %v", a.Cookies(), a.Header["Vary"])
	}
}

// Nothing but pixels survives an upload: what is no picture is refused, and what is one and
// something else too loses the rest.
func TestUploadsAreRedrawn(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	good := encodePNG(t, sample(40, 40))
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
	for _, c := range []struct {
		name, code string
		status     int
		data       []byte
	}{
		{"an SVG", wire.CodeRequestBodyInvalid, 400, svg},
		{"a page", wire.CodeRequestBodyInvalid, 400, []byte("<!doctype html><script>alert(1)</script>")},
		{"a script that begins like a GIF", wire.CodeRequestBodyInvalid, 400, []byte("GIF89a\x10\x00\x10\x00=1;alert(1)//<script>")},
		{"a JPEG's first octets and no more", wire.CodeRequestBodyInvalid, 400, []byte("\xff\xd8\xff\xe0")},
		{"a WebP", wire.CodeRequestBodyInvalid, 400, []byte("RIFF\x24\x00\x00\x00WEBPVP8 ")},
		{"half a PNG", wire.CodeRequestBodyInvalid, 400, good[:len(good)/2]},
		{"nothing", wire.CodeParamMissing, 400, nil},
		{"too many octets", wire.CodeImageTooLarge, 413, append(bytes.Clone(good), make([]byte, 2<<20)...)},
		{"far too many octets", wire.CodeImageTooLarge, 413, make([]byte, 4<<20)},
		{"30000 by 30000 pixels in a few octets", wire.CodeImageTooLarge, 413, pngHeader(30000, 30000)},
		{"more pixels than a number holds", wire.CodeRequestBodyInvalid, 400, pngHeader(1<<31-1, 1<<31-1)},
		{"no pixels", wire.CodeRequestBodyInvalid, 400, pngHeader(0, 10)},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := v.upload(profileImage, "file", c.data)
			a.want(t, c.status, c.code)
		})
	}
	v.upload(profileImage, "picture", good).want(t, 400, wire.CodeParamMissing)
	v.post(profileImage, "file", "x").want(t, 415, wire.CodeUnsupportedMediaType)
	v.send("POST", profileImage, "multipart/form-data", strings.NewReader("--x")).want(t, 400, wire.CodeRequestBodyInvalid)
	v.send("POST", profileImage, "multipart/form-data; boundary=x", strings.NewReader("--x\r\nContent-")).want(t, 400, wire.CodeRequestBodyInvalid)
	if v.client().Sessions[0].User.HasImage {
		t.Fatal("a refused upload became the picture")
	}

	both := append(bytes.Clone(good), svg...)
	v.upload(profileImage, "file", both).want(t, 200, "")
	served := v.get(apiPath(t, v.client().Sessions[0].User.ImageURL))
	if strings.Contains(served.body, "script") || strings.Contains(served.body, "svg") {
		t.Error("what follows the picture is still there")
	}
}

// pngHeader is the beginning of a PNG file that says how large it is.
func pngHeader(w, h uint32) []byte {
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

// Browser clients send a string as the body itself: base64, often as a data: URL.
func TestProfileImageAsText(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	data := encodePNG(t, sample(8, 8))
	text := base64.StdEncoding.EncodeToString(data)
	for _, body := range []string{text, "data:image/png;base64," + text, string(data)} {
		v.send("POST", profileImage, "application/octet-stream", strings.NewReader(body)).want(t, 200, "")
	}
	v.send("POST", profileImage, "application/octet-stream", strings.NewReader("data:image/svg+xml;base64,"+
		base64.StdEncoding.EncodeToString([]byte("<svg/>")))).want(t, 400, wire.CodeRequestBodyInvalid)
	v.send("POST", profileImage, "application/octet-stream", strings.NewReader("data:,")).want(t, 400, wire.CodeParamMissing)
}

func TestDefaultImages(t *testing.T) {
	t.Parallel()
	app := newApp(t)
	ada, bob := app.visitor(), app.visitor()
	ada.signUp("ada@example.com")
	bob.signUp("bob@example.com")
	a, b := ada.client().Sessions[0].User.ImageURL, bob.client().Sessions[0].User.ImageURL
	if a == b || a != ada.client().Sessions[0].User.ImageURL {
		t.Errorf("default pictures %q and %q: want one for each, always the same", a, b)
	}
	if id := ada.client().Sessions[0].User.ID; strings.Contains(a, strings.TrimPrefix(id, "user_")) {
		t.Errorf("%q tells the id", a)
	}
	checkServed(t, ada.get(apiPath(t, a)), "image/png")
	if img, err := png.Decode(strings.NewReader(ada.get(apiPath(t, a)).body)); err != nil || img.Bounds().Dx() != img.Bounds().Dy() {
		t.Errorf("default picture: %v", err)
	}
	for _, path := range []string{"default", "default/x", "default/00", "default/zzzzzzzzzzzzzzzz", "default/" + strings.Repeat("0", 400), "img_none", "%00"} {
		ada.get("/v1/images/"+path).want(t, 404, wire.CodeResourceNotFound)
	}
	ada.post("/v1/images/img_none").want(t, 405, wire.CodeMethodNotAllowed)
}
