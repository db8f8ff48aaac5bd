// Package picture draws uploaded pictures anew, so that what is stored holds pixels and
// nothing else: neither where a photograph was taken nor a second meaning as a script or a
// page.
//
//	picture.go  Redraw: which formats, the limits, the errors
//	draw.go     scaling down, turning upright
//	exif.go     how a camera was held
//
// It is a leaf: it knows neither requests nor records.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
)

// MaxBytes is the largest upload that [Redraw] is meant for.
const MaxBytes = 2 << 20

const (
	maxPixels   = 8 << 20 // of an upload; decoded, the costliest kind takes 16 octets each
	maxScans    = 100     // of a JPEG; cameras and editors make a dozen at most
	side        = 512     // a stored picture fits a square of so many pixels
	jpegQuality = 88
)

// What [Redraw] returns for a file that it refuses; test for them with errors.Is.
var (
	// ErrUnsupported means that the file is not a PNG, JPEG or GIF.
	ErrUnsupported = errors.New("picture: unsupported format")
	// ErrTooManyPixels means that the picture has more than 8 megapixels.
	ErrTooManyPixels = errors.New("picture: too many pixels")
	// ErrDamaged means that the file cannot be decoded, or only at too great a cost.
	ErrDamaged = errors.New("picture: damaged")
)

// Picture is a picture as it is stored and served.
type Picture struct {
	ContentType string // image/jpeg or image/png
	Data        []byte
}

// format is a kind of picture that people may upload.
type format struct {
	magic  string // its first octets
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

const jpegMagic = "\xff\xd8\xff"

// formats are chosen by content alone: what a file is called, or what its sender says that
// it is, decides nothing.
var formats = []format{
	{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{jpegMagic, jpeg.DecodeConfig, jpeg.Decode},
	{"GIF87a", gif.DecodeConfig, gif.Decode},
	{"GIF89a", gif.DecodeConfig, gif.Decode},
}

// Redraw decodes a picture and encodes what it shows, in at most 512 by 512 pixels. Its
// size is looked at before anything is decoded.
func Redraw(data []byte) (Picture, error) {
	f, ok := formatOf(data)
	if !ok {
		return Picture{}, ErrUnsupported
	}
	cfg, err := f.config(bytes.NewReader(data))
	if err != nil || cfg.Width <= 0 || cfg.Height <= 0 {
		return Picture{}, ErrDamaged
	}
	if cfg.Width > maxPixels/cfg.Height {
		return Picture{}, ErrTooManyPixels
	}
	if f.magic == jpegMagic && bytes.Count(data, []byte("\xff\xda")) > maxScans {
		// Each start of scan can make the decoder go over all pixels again, for 20 octets.
		return Picture{}, ErrDamaged
	}
	src, err := f.decode(bytes.NewReader(data))
	if err != nil || src.Bounds().Empty() {
		return Picture{}, ErrDamaged
	}
	small := upright(shrink(src, side), orientation(data))
	out := Picture{ContentType: "image/png"}
	var b bytes.Buffer
	if f.magic == jpegMagic {
		out.ContentType = "image/jpeg"
		err = jpeg.Encode(&b, small, &jpeg.Options{Quality: jpegQuality})
	} else {
		err = png.Encode(&b, small)
	}
	if err != nil {
		return Picture{}, fmt.Errorf("picture: encode: %w", err)
	}
	out.Data = b.Bytes()
	return out, nil
}

func formatOf(data []byte) (format, bool) {
	for _, f := range formats {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			return f, true
		}
	}
	return format{}, false
}
