package authctx

import (
	"bufio"
	"crypto/sha1" //nolint:gosec // RFC 6455 §1.3 asks for it; nothing secret depends on it
	"encoding/base64"
	"encoding/binary"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/usherauth/usher/internal/web"
)

const (
	closeBase  = 4000            // close codes from here on belong to applications (RFC 6455 §7.4.2)
	closeLimit = 2 * time.Second // for the other side to answer a close
	closeBytes = 4 << 10         // read meanwhile and thrown away
)

// closeSocket completes the opening handshake only to close with a code that scripts can
// read. It reports false, and has answered nothing, when the request is no proper opening
// handshake, comes from a page of another origin, or cannot be taken over, as in HTTP/2.
func (d Denied) closeSocket(w http.ResponseWriter, r *http.Request) bool {
	accept, ok := acceptKey(r)
	if !ok || ownerOf(r.Context()).foreign(r) { // another page must not learn who is signed in
		return false
	}
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	defer time.AfterFunc(closeLimit, func() { _ = conn.Close() }).Stop()
	h := w.Header().Clone()
	web.PrivateHeaders(h)
	h.Del("Content-Type")
	h.Set("Upgrade", "websocket")
	h.Set("Connection", "Upgrade")
	h.Set("Sec-WebSocket-Accept", accept)
	if p := protocol(r.Header); p != "" {
		h.Set("Sec-WebSocket-Protocol", p)
	}
	if sendClose(buf.Writer, h, closeBase+d.Status, d.text()) == nil {
		// Closing with unread bytes would reset the connection before the code arrives.
		_, _ = io.CopyN(io.Discard, buf.Reader, closeBytes)
	}
	return true
}

// acceptKey checks the opening handshake (RFC 6455 §4.2.1) and answers its key.
func acceptKey(r *http.Request) (string, bool) {
	key := r.Header.Get("Sec-WebSocket-Key")
	nonce, err := base64.StdEncoding.DecodeString(key)
	ok := err == nil && len(nonce) == 16 && r.ProtoMajor == 1 && r.ProtoAtLeast(1, 1) &&
		lists(r.Header, "Connection", "upgrade") && r.Header.Get("Sec-WebSocket-Version") == "13"
	if !ok {
		return "", false
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
	return base64.StdEncoding.EncodeToString(sum[:]), true
}

// protocol is the first subprotocol offered: browsers that offered some give up without
// reading on when none is chosen.
func protocol(h http.Header) string {
	first, _, _ := strings.Cut(h.Get("Sec-WebSocket-Protocol"), ",")
	first = strings.Trim(first, " \t")
	for i := range len(first) {
		if c := first[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return "" // no token (RFC 9110 §5.6.2)
		}
	}
	return first
}

// sendClose writes the end of the handshake and one close frame (RFC 6455 §5.5.1).
func sendClose(w *bufio.Writer, h http.Header, code int, reason string) error {
	if _, err := w.WriteString("HTTP/1.1 101 Switching Protocols\r\n"); err != nil {
		return err
	}
	if err := h.Write(w); err != nil {
		return err
	}
	payload := append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...) //nolint:gosec // 4401 to 4503
	frame := append([]byte{0x88, byte(len(payload))}, payload...)                  //nolint:gosec // our texts stay below the 125 bytes of a control frame
	if _, err := w.WriteString("\r\n" + string(frame)); err != nil {
		return err
	}
	return w.Flush()
}
