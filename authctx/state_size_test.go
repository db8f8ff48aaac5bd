package authctx

import (
	"testing"
	"unsafe"
)

// TestRequestSize keeps the state of a request within the allocator's class of 384 bytes.
func TestRequestSize(t *testing.T) {
	t.Parallel()
	if got := unsafe.Sizeof(request{}); got > 384 {
		t.Errorf("%d bytes: the next class has 416", got)
	}
}
