// Package qr draws a text as a QR code.
package qr

import (
	"encoding/base64"
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"

	"github.com/zenvault/zenvault/shared/secret"
)

// quiet is the width of the blank around a code, in modules (ISO/IEC 18004 §6.3.8).
const quiet = 4

// Picture draws a text of at most 2,331 bytes as an SVG, in the form of a data: URI that an <img> takes as its source.
func Picture(text secret.Text) (secret.Text, error) {
	code, err := qr.Encode(text.Expose(), qr.M, qr.Unicode)
	if err != nil {
		return secret.Text{}, fmt.Errorf("drawing a QR code of %d bytes: too long", len(text.Expose())) // the library's error quotes the text
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := range size {
			if code.At(x, y) == color.Black {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%dv%dH0z"/><path d="%s"/></svg>`, size+2*quiet, size+2*quiet, size+2*quiet, size+2*quiet, path.String())
	return secret.NewText("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))), nil
}
