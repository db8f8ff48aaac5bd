package identity_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// heldBody sends a picture's octets but for the last, and that when the test says so.
type heldBody struct {
	data []byte
	hold <-chan struct{}
	done bool
}

func (b *heldBody) Read(p []byte) (int, error) {
	if len(b.data) > 1 {
		n := copy(p, b.data[:len(b.data)-1])
		b.data = b.data[n:]
		return n, nil
	}
	<-b.hold
	if b.done {
		return 0, io.EOF
	}
	b.done = true
	return copy(p, b.data), nil
}

// A13: uploads of slow senders take the memory of a few, whatever their number, and are told to
// be quicker; others get a place meanwhile.
func TestA13_SlowUploadsTakeLittleMemory(t *testing.T) {
	app := newApp(t)
	v := app.visitor()
	v.signUp("ada@example.com")
	good := encodePNG(t, sample(64, 64))
	server := httptest.NewServer(app.Frontend())
	defer server.Close()
	hold := make(chan struct{})
	picture := make([]byte, 2_700_000)
	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var senders sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range 200 {
		senders.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+profileImage, &heldBody{data: picture, hold: hold})
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Content-Type", "application/octet-stream")
			r.Header.Set("Origin", origin)
			for name, value := range v.cookies {
				r.AddCookie(&http.Cookie{Name: name, Value: value})
			}
			res, err := http.DefaultClient.Do(r)
			status := 0 // the server hung up first
			if err == nil {
				_ = res.Body.Close()
				status = res.StatusCode
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[status]++
		})
	}
	most := uint64(0)
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		runtime.GC()
		runtime.ReadMemStats(&during)
		most = max(most, during.HeapAlloc)
	}
	t.Logf("heap %d kB before, %d kB with 200 uploads", before.HeapAlloc>>10, most>>10)
	if most > before.HeapAlloc+80<<20 {
		t.Errorf("%d MB more on the heap", (most-before.HeapAlloc)>>20)
	}
	v.upload(profileImage, "file", good).want(t, 200, "")
	close(hold)
	senders.Wait()
	t.Log(statuses)
	if statuses[200] != 0 || statuses[408] == 0 || statuses[500] != 0 {
		t.Errorf("statuses = %v, want 408 for those who had a place", statuses)
	}
	if strings.Contains(app.logs.String(), "panic") {
		t.Error("a panic is in the log")
	}
}
