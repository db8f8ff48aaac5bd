package pair

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/textproto"
	"strconv"
)

// readAnswer reads one answer to its end and keeps nothing of it: the connection is then
// ready for the next one (RFC 9112 §6.3).
func readAnswer(in *bufio.Reader) error {
	status, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200")) {
		return fmt.Errorf("answer %q", status)
	}
	length, chunked := -1, false
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line = textproto.TrimBytes(line); len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		}
	}
	switch {
	case chunked:
		return skipChunks(in)
	case length < 0:
		return errors.New("an answer without Content-Length, and not in chunks")
	}
	_, err = in.Discard(length)
	return err
}

// skipChunks reads a body of chunks, its trailer included (RFC 9112 §7.1).
func skipChunks(in *bufio.Reader) error {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		digits, _, _ := bytes.Cut(textproto.TrimBytes(line), []byte(";"))
		size, err := strconv.ParseUint(string(digits), 16, 31)
		if err != nil {
			return fmt.Errorf("the size of a chunk: %w", err)
		}
		if size == 0 {
			break
		}
		if _, err := in.Discard(int(size)); err != nil {
			return err
		}
		if line, err = in.ReadSlice('\n'); err != nil {
			return err
		}
		if len(textproto.TrimBytes(line)) > 0 {
			return fmt.Errorf("%q after a chunk", line)
		}
	}
	for { // trailer fields, up to an empty line
		line, err := in.ReadSlice('\n')
		if err != nil || len(textproto.TrimBytes(line)) == 0 {
			return err
		}
	}
}
