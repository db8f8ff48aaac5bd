package identity

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/usherauth/usher/wire"
)

// uploads are the Frontend API's routes whose body is a file and not a form.
var uploads = map[string]bool{
	"/v1/me/profile_image":        true,
	"/v1/organizations/{id}/logo": true,
}

const multipartRoom = 16 << 10 // for boundaries and headers around a file

// readUpload returns the octets of the file that a request carries: in a multipart form,
// in its field "file", or as the body itself, plain or as base64 text, which is what
// browser clients make of a string.
func (c *call) readUpload() ([]byte, error) {
	mediaType, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil {
		mediaType = ""
	}
	body := http.MaxBytesReader(c.w, c.r.Body, maxImageBytes*4/3+multipartRoom) // base64 takes a third more
	var data []byte
	switch mediaType {
	case "multipart/form-data":
		data, err = filePart(multipart.NewReader(body, params["boundary"]))
	case "application/octet-stream":
		data, err = io.ReadAll(body)
		data = decodedText(data)
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, wire.CodeUnsupportedMediaType,
			"The body must be multipart/form-data with the picture in the field file.")
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), len(data) > maxImageBytes:
		return nil, imageTooLarge("The picture is too large. Please choose a file of at most 2 MB.")
	case err != nil:
		return nil, bodyError(err)
	case len(data) == 0:
		missing := missingParam("file")
		missing.status = http.StatusBadRequest
		return nil, missing
	}
	return data, nil
}

// filePart returns the first file of a multipart form, at most one octet more than is
// allowed; nil when there is none.
func filePart(r *multipart.Reader) ([]byte, error) {
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if part.FormName() == "file" {
			return io.ReadAll(io.LimitReader(part, maxImageBytes+1))
		}
	}
}

// decodedText undoes base64, with or without the beginning of a data: URL. What is not
// such a text is left as it is.
func decodedText(data []byte) []byte {
	text := data
	if bytes.HasPrefix(text, []byte("data:")) {
		_, text, _ = bytes.Cut(text, []byte(","))
	}
	out, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		return data
	}
	return out
}
