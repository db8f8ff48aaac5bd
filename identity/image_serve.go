package identity

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// servedImage is an endpoint's answer that is an image.
type servedImage struct {
	contentType string
	data        []byte
}

// imageRoutes serve pictures to whoever has their address, as pages show them: with an id
// that cannot be guessed, and without cookies deciding anything.
func imageRoutes() routes {
	return routes{
		"/v1/images/{id}":           {"GET": getImage},
		"/v1/images/default/{seed}": {"GET": defaultImage},
	}
}

// getImage serves a picture.
func getImage(c *call) (any, error) {
	var img Image
	err := c.view(c.r.Context(), func(tx Tx) (err error) {
		img, err = pathRecord(c, tx.Image)
		return err
	})
	if err != nil {
		return nil, err
	}
	return servedImage{img.ContentType, img.Data}, nil
}

// write sends a picture. An id is never given to another one, so it can be kept for good;
// opened by itself it can do nothing, whatever a browser might take it for.
func (p servedImage) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", p.contentType)
	h.Set("Content-Length", decimal(len(p.data)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // apps on other origins show it too
	_, _ = w.Write(p.data)
}

// imageURL is the address of a picture: the one with the id, or for somebody without one a
// default that is theirs, so that a list of people can be told apart.
func (s *Service) imageURL(id, owner string) string {
	base := s.cfg.PublicOrigin + wire.ProxyPath + "/v1/images/"
	if id != "" {
		return base + id
	}
	return base + "default/" + imageSeed(owner)
}

const seedOctets = 8

// imageSeed is what a default picture is drawn from. It tells nothing of its owner's id.
func imageSeed(owner string) string {
	sum := sha256.Sum256([]byte("usher default picture " + owner))
	return hex.EncodeToString(sum[:seedOctets])
}

// defaultImage draws the picture of a seed.
func defaultImage(c *call) (any, error) {
	seed, err := hex.DecodeString(c.r.PathValue("seed"))
	if err != nil || len(seed) != seedOctets {
		return nil, notFound()
	}
	var out bytes.Buffer
	if err := png.Encode(&out, drawDefault(seed)); err != nil {
		return nil, err
	}
	return servedImage{"image/png", out.Bytes()}, nil
}

const (
	defaultCells = 5
	defaultCell  = 24
	defaultEdge  = 20
)

// drawDefault draws a pattern of five by five fields, the same on the left and the right,
// in a colour of its own on a light ground.
func drawDefault(seed []byte) image.Image {
	side := 2*defaultEdge + defaultCells*defaultCell
	shade := func(b byte) uint8 { return 40 + b/2 } // dark enough on the ground
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{
		color.RGBA{0xec, 0xee, 0xf1, 0xff},
		color.RGBA{shade(seed[0]), shade(seed[1]), shade(seed[2]), 0xff},
	})
	bits := uint(seed[3]) | uint(seed[4])<<8
	for column := range (defaultCells + 1) / 2 {
		for row := range defaultCells {
			if bits>>(column*defaultCells+row)&1 == 1 {
				fillCell(img, column, row)
				fillCell(img, defaultCells-1-column, row)
			}
		}
	}
	return img
}

func fillCell(img *image.Paletted, column, row int) {
	for y := range defaultCell {
		for x := range defaultCell {
			img.SetColorIndex(defaultEdge+column*defaultCell+x, defaultEdge+row*defaultCell+y, 1)
		}
	}
}
