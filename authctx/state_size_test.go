package authctx

import (
	"testing"
	"unsafe"
)

// TestRequestSize keeps the state of a request within the allocator's class of 416 bytes,
// and five of them, with the allocator's own word, within that of 2048.
func TestRequestSize(t *testing.T) {
	t.Parallel()
	if got := unsafe.Sizeof(request{}); got > 416 {
		t.Errorf("%d bytes: the next class has 448", got)
	}
	if got := unsafe.Sizeof(sheet{}); got > 2040 {
		t.Errorf("%d bytes for five: the next class has 2304", got)
	}
}
