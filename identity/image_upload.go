package identity

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/usherauth/usher/identity/internal/picture"
	"github.com/usherauth/usher/wire"
)

// uploads are the Frontend API's routes whose body is a file and not a form.
var uploads = map[string]bool{
	"/v1/me/profile_image":        true,
	"/v1/organizations/{id}/logo": true,
}

const multipartRoom = 16 << 10 // for boundaries and headers around a file

// Bounds of uploads of the whole process: each takes its place before its body is read.
const (
	uploadsAtOnce = 6 // of at most 2.7 MB each, read and decoded
	uploadQueue   = 64
	uploadTime    = 15 * time.Second // for a body to arrive
	uploadIdle    = 3 * time.Second  // for the next octets of it
)

// errSlowBody means that a body takes too long to arrive.
var errSlowBody = refuse(http.StatusRequestTimeout, wire.CodeRequestBodyInvalid, "The picture took too long to arrive. Try again on a faster connection.")

// timed reads r until that takes too long. A read that hangs is left behind with one small
// buffer; it ends with its connection. Call the function that it returns when done.
func timed(ctx context.Context, r io.Reader) (io.Reader, func()) {
	ctx, stop := context.WithTimeoutCause(ctx, uploadTime, errSlowBody)
	t := &timedReader{ctx: ctx, pieces: make(chan piece)}
	go t.copy(r)
	return t, stop
}

type timedReader struct {
	ctx    context.Context
	pieces chan piece
	rest   piece
}

// piece is what one read returned.
type piece struct {
	data []byte
	err  error
}

func (t *timedReader) copy(r io.Reader) {
	for {
		p := piece{data: make([]byte, 32<<10)}
		var n int
		n, p.err = r.Read(p.data)
		p.data = p.data[:n]
		select {
		case t.pieces <- p:
		case <-t.ctx.Done():
			return
		}
		if p.err != nil {
			return
		}
	}
}

func (t *timedReader) Read(b []byte) (int, error) {
	if len(t.rest.data) == 0 && t.rest.err == nil {
		idle := time.NewTimer(uploadIdle)
		defer idle.Stop()
		select {
		case t.rest = <-t.pieces:
		case <-t.ctx.Done():
			t.rest.err = context.Cause(t.ctx)
		case <-idle.C:
			t.rest.err = errSlowBody
		}
	}
	n := copy(b, t.rest.data)
	t.rest.data = t.rest.data[n:]
	if len(t.rest.data) > 0 {
		return n, nil
	}
	return n, t.rest.err
}

// readUpload returns the octets of the file that a request carries: in a multipart form,
// in its field "file", or as the body itself, plain or as base64 text, which is what
// browser clients make of a string.
func (c *call) readUpload() ([]byte, error) {
	mediaType, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil {
		mediaType = ""
	}
	body, stop := timed(c.r.Context(), http.MaxBytesReader(c.w, c.r.Body, picture.MaxBytes*4/3+multipartRoom)) // base64 takes a third more
	defer stop()
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
	case errors.Is(err, errSlowBody):
		return nil, errSlowBody
	case errors.As(err, &tooLarge), len(data) > picture.MaxBytes:
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
			return io.ReadAll(io.LimitReader(part, picture.MaxBytes+1))
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
