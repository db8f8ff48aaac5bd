package identity

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"

	"github.com/usherauth/usher/wire"
)

const (
	maxImageBytes  = 2 << 20 // of an upload
	maxImagePixels = 8 << 20 // of an upload; decoded, the costliest kind takes 16 octets each
	maxImageScans  = 100     // of a JPEG; cameras and editors make a dozen at most
	imageSide      = 512     // a stored picture fits a square of so many pixels
	jpegQuality    = 88
	decodeQueue    = 8 // uploads that may wait while another is decoded
)

// pictureFormat is a kind of picture that people may upload.
type pictureFormat struct {
	magic  string // its first octets
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

const jpegMagic = "\xff\xd8\xff"

// pictureFormats are chosen by content alone: what a file is called, or what its sender
// says that it is, decides nothing.
var pictureFormats = []pictureFormat{
	{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{jpegMagic, jpeg.DecodeConfig, jpeg.Decode},
	{"GIF87a", gif.DecodeConfig, gif.Decode},
	{"GIF89a", gif.DecodeConfig, gif.Decode},
}

// readPicture reads the picture that a request uploads and draws it anew. Call it outside
// transactions and after it is known that the caller may upload; store the result with
// [call.putImage].
func (c *call) readPicture() (img Image, err error) {
	place := c.uploads.do(c.r.Context(), c.bidder(), func() bool {
		var data []byte
		if data, err = c.readUpload(); err != nil {
			return false
		}
		full := c.pictures.do(c.r.Context(), c.bidder(), func() bool {
			img, err = redraw(data)
			return false
		})
		if full != nil {
			err = full
		}
		return false
	})
	img.ID, img.CreatedAt = newID(prefixImage), c.now
	return img, errors.Join(place, err)
}

// redraw decodes a picture and encodes what it shows: a copy of it holds pixels and
// nothing else, neither where a photograph was taken nor a second meaning as a script or a
// page. Its size is looked at before anything is decoded.
func redraw(data []byte) (Image, error) {
	format, ok := formatOf(data)
	if !ok {
		return Image{}, malformed("This kind of picture is not supported. Please choose a PNG, JPEG or GIF file.")
	}
	cfg, err := format.config(bytes.NewReader(data))
	if err != nil || cfg.Width <= 0 || cfg.Height <= 0 {
		return Image{}, undecodable()
	}
	if cfg.Width > maxImagePixels/cfg.Height {
		return Image{}, imageTooLarge("The picture has too many pixels. Please choose one of at most 8 megapixels.")
	}
	if format.magic == jpegMagic && bytes.Count(data, []byte("\xff\xda")) > maxImageScans {
		// Each start of scan can make the decoder go over all pixels again, for 20 octets.
		return Image{}, undecodable()
	}
	src, err := format.decode(bytes.NewReader(data))
	if err != nil || src.Bounds().Empty() {
		return Image{}, undecodable()
	}
	small := upright(shrink(src, imageSide), orientation(data))
	var out bytes.Buffer
	contentType := "image/png"
	if format.magic == jpegMagic {
		contentType = "image/jpeg"
		err = jpeg.Encode(&out, small, &jpeg.Options{Quality: jpegQuality})
	} else {
		err = png.Encode(&out, small)
	}
	if err != nil {
		return Image{}, fmt.Errorf("identity: %w: encode a picture: %w", errInternal, err)
	}
	return Image{ContentType: contentType, Data: out.Bytes()}, nil
}

func formatOf(data []byte) (pictureFormat, bool) {
	for _, f := range pictureFormats {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			return f, true
		}
	}
	return pictureFormat{}, false
}

func undecodable() *apiError {
	return malformed("The picture could not be read. Please make sure that the file is complete and try again.")
}

func imageTooLarge(message string) *apiError {
	return refuse(http.StatusRequestEntityTooLarge, wire.CodeImageTooLarge, message)
}

// putImage stores a picture in the place of the one with the id old ("" for none). It
// belongs into the transaction that writes the new id into its owner's record.
func putImage(tx Tx, img Image, old string) error {
	return errors.Join(tx.PutImage(img), dropImage(tx, old))
}

// dropImage deletes a picture whose owner has no more use for it, or is gone; id may be "".
func dropImage(tx Tx, id string) error {
	if id == "" {
		return nil
	}
	if err := tx.DeleteImage(id); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

func imageNotFound() *apiError {
	return refuse(http.StatusNotFound, wire.CodeImageNotFound, "There is no picture.")
}

// imageJSON answers an upload.
func (s *Service) imageJSON(img Image) wire.Image {
	return wire.Image{Object: "image", ID: img.ID, PublicURL: s.imageURL(img.ID, "")}
}
