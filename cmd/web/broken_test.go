package main

import (
	"io"
	"net"
	"strings"
	"testing"
)

// The embedded service is reached without a network, and the pages have a layout.
func TestS04_ARequestThatBreaksOffIsNoFailureHere(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/sign-in", "/sign-up", "/__clerk/v1/client/sign_ins"} {
		for range 5 {
			conn, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: "+strings.TrimPrefix(s.Origin(), "http://")+"\r\nOrigin: "+s.Origin()+
				"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na")
			if err == nil {
				err = conn.(*net.TCPConn).CloseWrite()
			}
			answer, _ := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
				t.Errorf("%s: %v\n%s", path, err, answer)
			}
			_ = conn.Close()
		}
	}
	for _, level := range []string{"level=ERROR", "level=WARN"} {
		if got := s.log.String(); strings.Contains(got, level) {
			t.Errorf("the log:\n%s", got)
		}
	}
}
