package identity

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/usherauth/usher/identity/internal/picture"
	"github.com/usherauth/usher/wire"
)

const decodeQueue = 8 // uploads that may wait while another is decoded

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

// redraw makes the record of an uploaded picture.
func redraw(data []byte) (Image, error) {
	p, err := picture.Redraw(data)
	switch {
	case errors.Is(err, picture.ErrUnsupported):
		return Image{}, malformed("This kind of picture is not supported. Please choose a PNG, JPEG or GIF file.")
	case errors.Is(err, picture.ErrTooManyPixels):
		return Image{}, imageTooLarge("The picture has too many pixels. Please choose one of at most 8 megapixels.")
	case errors.Is(err, picture.ErrDamaged):
		return Image{}, malformed("The picture could not be read. Please make sure that the file is complete and try again.")
	case err != nil:
		return Image{}, fmt.Errorf("identity: %w: %w", errInternal, err)
	}
	return Image{ContentType: p.ContentType, Data: p.Data}, nil
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
