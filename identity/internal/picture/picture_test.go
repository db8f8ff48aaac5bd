package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"testing"
)

// sample grows red to the right and green downwards.
func sample(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		x, y := i%w, i/w
		img.Set(x, y, color.RGBA{uint8(x * 255 / w), uint8(y * 255 / h), 90, 255})
	}
	return img
}

func encoded(t *testing.T, encode func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withOrientation adds the note of a camera to a JPEG, in both orders of octets.
func withOrientation(data []byte, order binary.AppendByteOrder, mark string, held uint16) []byte {
	tiff := order.AppendUint32([]byte(mark), 8)
	tiff = order.AppendUint16(tiff, 2)
	tiff = append(order.AppendUint16(tiff, 0x010f), make([]byte, 10)...)
	tiff = order.AppendUint16(order.AppendUint16(tiff, 0x0112), 3)
	tiff = order.AppendUint16(order.AppendUint32(tiff, 1), held)
	tiff = append(tiff, 0, 0)
	exif := append([]byte("Exif\x00\x00"), tiff...)
	out := append(bytes.Clone(data[:2]), 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(exif)+2))
	return append(append(out, exif...), data[2:]...)
}

func TestPicturesAreTurnedUpright(t *testing.T) {
	t.Parallel()
	// Red grows to the right and green downwards; wanted are the corners at the top.
	src := sample(64, 32)
	data := encoded(t, func(w io.Writer) error { return jpeg.Encode(w, src, &jpeg.Options{Quality: 95}) })
	corners := map[uint16][2]string{
		0: {"none", "red"}, 1: {"none", "red"}, 2: {"red", "none"}, 3: {"both", "green"}, 4: {"green", "both"},
		5: {"none", "green"}, 6: {"green", "none"}, 7: {"both", "red"}, 8: {"red", "both"}, 9: {"none", "red"}, 65535: {"none", "red"},
	}
	for held, want := range corners {
		for mark, order := range map[string]binary.AppendByteOrder{"II*\x00": binary.LittleEndian, "MM\x00*": binary.BigEndian} {
			img := redrawn(t, withOrientation(data, order, mark, held))
			w := img.Bounds().Dx()
			got := [2]string{corner(img, 1), corner(img, w-2)}
			if got != want || (w == 32) != (held >= 5 && held <= 8) {
				t.Errorf("orientation %d: corners %v at width %d, want %v", held, got, w, want)
			}
		}
	}
	for n := range 60 { // cut off anywhere, a note changes nothing
		cut := withOrientation(data, binary.BigEndian, "MM\x00*", 6)[:2+n]
		if got := orientation(cut); n < 40 && got != 1 {
			t.Errorf("orientation of the first %d octets = %d", len(cut), got)
		}
	}
}

func corner(img image.Image, x int) string {
	r, g, _, _ := img.At(x, 1).RGBA()
	switch red, green := r>>8 > 128, g>>8 > 128; {
	case red && green:
		return "both"
	case red:
		return "red"
	case green:
		return "green"
	}
	return "none"
}

func redrawn(t *testing.T, data []byte) image.Image {
	t.Helper()
	out, err := Redraw(data)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.Data, []byte("Exif")) {
		t.Error("the camera's note survived")
	}
	img, _, err := image.Decode(bytes.NewReader(out.Data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// Parts that cannot be seen lend no colour to those beside them.
func TestTransparencySurvives(t *testing.T) {
	t.Parallel()
	src := image.NewNRGBA(image.Rect(0, 0, 1024, 1024))
	for y := range 1024 {
		for x := range 1024 {
			c := color.NRGBA{0, 255, 0, 0}
			if x%2 == 0 {
				c = color.NRGBA{255, 0, 0, 255}
			}
			src.SetNRGBA(x, y, c)
		}
	}
	img := redrawn(t, encoded(t, func(w io.Writer) error { return png.Encode(w, src) }))
	if got := color.NRGBAModel.Convert(img.At(100, 100)).(color.NRGBA); got.R < 250 || got.G > 5 || got.A < 120 || got.A > 136 {
		t.Errorf("half red, half nothing = %+v", got)
	}
}

// Whatever is uploaded, it is refused or becomes a small picture that is nothing else.
func FuzzRedraw(f *testing.F) {
	small := sample(3, 2)
	var p, g, j bytes.Buffer
	if err := errors.Join(png.Encode(&p, small), gif.Encode(&g, small, nil), jpeg.Encode(&j, small, nil)); err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{nil, p.Bytes(), g.Bytes(), j.Bytes(), withOrientation(j.Bytes(), binary.BigEndian, "MM\x00*", 6), []byte("GIF89a")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := Redraw(data)
		if err != nil {
			return
		}
		cfg, kind, err := image.DecodeConfig(bytes.NewReader(out.Data))
		if err != nil || cfg.Width > 512 || cfg.Height > 512 || out.ContentType != "image/"+kind {
			t.Errorf("%q of %s: %+v, %v", out.ContentType, kind, cfg, err)
		}
	})
}
