package picture

import (
	"bytes"
	"encoding/binary"
)

const tagOrientation = 0x0112 // Exif 2.32 §4.6.4

// orientation is how a JPEG file's camera was held, 1 to 8; 1 where it does not say so, or
// not in a way that can be read.
func orientation(data []byte) int {
	for len(data) >= 4 {
		if bytes.HasPrefix(data, []byte("\xff\xd8")) { // start of image, without a length
			data = data[2:]
			continue
		}
		size := int(binary.BigEndian.Uint16(data[2:]))
		if data[0] != 0xff || data[1] == 0xda || size < 2 || size > len(data)-2 { // 0xda: pixels from here on
			return 1
		}
		segment := data[4 : 2+size]
		if rest, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && data[1] == 0xe1 {
			return tiffOrientation(rest)
		}
		data = data[2+size:]
	}
	return 1
}

// tiffOrientation looks the orientation up in the first directory of a TIFF header (TIFF
// 6.0, section 2).
func tiffOrientation(b []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	switch {
	case bytes.HasPrefix(b, []byte("II*\x00")):
		order = binary.LittleEndian
	case !bytes.HasPrefix(b, []byte("MM\x00*")):
		return 1
	}
	if len(b) < 8 {
		return 1
	}
	at := order.Uint32(b[4:])
	if uint64(at)+2 > uint64(len(b)) {
		return 1
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == tagOrientation {
			return int(order.Uint16(entries[8:]))
		}
		entries = entries[12:]
	}
	return 1
}
