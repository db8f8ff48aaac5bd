package pair

import (
	"bufio"
	"io"
	"strings"
	"testing"
)

func TestAnswersAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, tt := range []struct {
		name, answer string
		good         bool
	}{
		{"length", ok + "content-length: 5\r\n\r\nhello", true},
		{"no body", ok + "Content-Length: 0\r\n\r\n", true},
		{"one chunk", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true},
		{"several, one with an extension", ok + "transfer-encoding: Chunked\r\n\r\n3;n=v\r\nhel\r\n0002\r\nlo\r\n0\r\n\r\n", true},
		{"hexadecimal size", ok + "Transfer-Encoding: chunked\r\n\r\n1A\r\n" + strings.Repeat("x", 26) + "\r\n0\r\n\r\n", true},
		{"trailer", ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nETag: y\r\n\r\n", true},
		{"chunks win over a length", ok + "Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", true},
		{"neither", ok + "\r\n", false},
		{"another status", "HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n\r\n", false},
		{"a size that is no number", ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", false},
		{"a negative size", ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", false},
		{"a chunk longer than it says", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n", false},
		{"cut off in a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhe", false},
		{"cut off before the end", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const next = "HTTP/1.1 next"
			text := tt.answer
			if tt.good {
				text += next
			}
			in := bufio.NewReader(strings.NewReader(text))
			err := readAnswer(in)
			if (err == nil) != tt.good {
				t.Fatalf("err = %v", err)
			}
			if rest, _ := io.ReadAll(in); tt.good && string(rest) != next {
				t.Errorf("left %q for the next answer", rest)
			}
		})
	}
}
