package identity_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/usherauth/usher/wire"
)

// manyScans is a progressive JPEG of 8 megapixels, each scan of which goes over all of them
// and says in 20 octets that nothing changes (ITU T.81 annex G).
func manyScans(scans int) []byte {
	const side = 2896
	segment := func(marker byte, payload ...byte) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(payload)+2)), payload...)
	}
	flat := make([]byte, 65) // a table of quantization
	for i := 1; i < len(flat); i++ {
		flat[i] = 1
	}
	out := append([]byte{0xff, 0xd8}, segment(0xdb, flat...)...)
	out = append(out, segment(0xc2, 8, side>>8, side&255, side>>8, side&255, 1, 1, 0x11, 0)...)
	table := append([]byte{0x10, 1}, make([]byte, 15)...) // one code, of one bit: a run of blocks without change
	out = append(out, segment(0xc4, append(table, 0xe0)...)...)
	scan := append(segment(0xda, 1, 1, 0, 1, 63, 0), runs(side/8*side/8)...)
	for range scans {
		out = append(out, scan...)
	}
	return append(out, 0xff, 0xd9)
}

// runs says that so many blocks stay as they are, in runs of 2¹⁴ to 2¹⁵-1: a bit that is the
// code, and fourteen with what is above 2¹⁴.
func runs(blocks int) (out []byte) {
	var bits, n uint
	for ; blocks > 0; blocks -= 1<<15 - 1 {
		more := max(min(blocks, 1<<15-1)-1<<14, 0)
		bits, n = bits<<15|uint(more), n+15
		for ; n >= 8; n -= 8 {
			b := byte(bits >> (n - 8))
			if out = append(out, b); b == 0xff {
				out = append(out, 0)
			}
		}
	}
	return append(out, byte(bits<<(8-n))|byte(1<<(8-n)-1))
}

// A picture costs its sender more than those who look at it: a small file does not keep a
// processor busy.
func TestUploadsCostLittle(t *testing.T) {
	t.Parallel()
	v := newApp(t).visitor()
	v.signUp("ada@example.com")
	v.upload(profileImage, "file", manyScans(10)).want(t, 200, "")
	took := timeOf(func() {
		v.upload(profileImage, "file", manyScans(500)).want(t, 400, wire.CodeRequestBodyInvalid)
	})
	if took > time.Second { // decoded, they take several
		t.Errorf("refusing took %v", took)
	}
}
