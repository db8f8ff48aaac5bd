package picture

import (
	"image"
	"image/color"
	"image/draw"
)

// shrink returns src scaled down to fit a square of side pixels, each pixel the mean of
// those it stands for. A smaller picture keeps its size.
func shrink(src image.Image, side int) *image.RGBA {
	from := src.Bounds()
	w, h := fit(from.Dx(), from.Dy(), side)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	// A strip at a time: a copy of the whole would double the memory.
	strip := image.NewRGBA(image.Rect(0, 0, from.Dx(), from.Dy()/h+1))
	for y := range h {
		top, bottom := y*from.Dy()/h, (y+1)*from.Dy()/h
		rows := image.Rect(0, 0, from.Dx(), bottom-top)
		draw.Draw(strip, rows, src, from.Min.Add(image.Pt(0, top)), draw.Src)
		for x := range w {
			out.SetRGBA(x, y, mean(strip, image.Rect(x*from.Dx()/w, 0, (x+1)*from.Dx()/w, rows.Dy())))
		}
	}
	return out
}

// fit keeps the proportions of w and h as far as whole pixels allow.
func fit(w, h, side int) (int, int) {
	longest := max(w, h)
	if longest <= side {
		return w, h
	}
	return max(1, w*side/longest), max(1, h*side/longest)
}

// mean is the average colour of a part of img. Its colours are premultiplied, so that
// invisible pixels add nothing.
func mean(img *image.RGBA, part image.Rectangle) color.RGBA {
	var sum [4]uint64
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := img.Pix[img.PixOffset(part.Min.X, y):img.PixOffset(part.Max.X, y)]
		for i, v := range row {
			sum[i%4] += uint64(v)
		}
	}
	n := uint64(part.Dx() * part.Dy())                            //nolint:gosec // a few million at most
	round := func(v uint64) uint8 { return uint8((v + n/2) / n) } //nolint:gosec // a mean of octets is one
	return color.RGBA{R: round(sum[0]), G: round(sum[1]), B: round(sum[2]), A: round(sum[3])}
}

// upright turns a picture as its camera says (Exif 2.32 §4.6.4, Orientation): the note that
// says so does not survive.
func upright(img *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 || orientation > 8 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	if orientation >= 5 {
		w, h = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sx, sy := x, y
			if orientation >= 5 { // rows and columns are exchanged
				sx, sy = y, x
			}
			switch orientation {
			case 2, 3, 7, 8: // mirrored from left to right, as stored
				sx = img.Rect.Dx() - 1 - sx
			}
			switch orientation {
			case 3, 4, 6, 7: // and from top to bottom
				sy = img.Rect.Dy() - 1 - sy
			}
			out.SetRGBA(x, y, img.RGBAAt(sx, sy))
		}
	}
	return out
}
