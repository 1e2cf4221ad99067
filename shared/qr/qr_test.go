package qr_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/qr"
	"github.com/zenvault/zenvault/shared/secret"
)

const uri = "otpauth://totp/zenvault-eu:owner%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=zenvault-eu&algorithm=SHA1&digits=6&period=30"

// modules reads the picture back: true is black.
func modules(t *testing.T, picture secret.Text) [][]bool {
	t.Helper()
	text, found := strings.CutPrefix(picture.Expose(), "data:image/svg+xml;base64,")
	svg, err := base64.StdEncoding.DecodeString(text)
	if !found || err != nil {
		t.Fatalf("%.60s is no data: URI of an SVG: %v", picture.Expose(), err)
	}
	box := regexp.MustCompile(`viewBox="0 0 (\d+) (\d+)"`).FindSubmatch(svg)
	size, err := strconv.Atoi(string(box[1]))
	if err != nil || string(box[1]) != string(box[2]) {
		t.Fatalf("the picture is %q", box[0])
	}
	rows := make([][]bool, size)
	for y := range rows {
		rows[y] = make([]bool, size)
	}
	for _, at := range regexp.MustCompile(`M(\d+) (\d+)h1v1h-1z`).FindAllSubmatch(svg, -1) {
		x, _ := strconv.Atoi(string(at[1]))
		y, _ := strconv.Atoi(string(at[2]))
		rows[y][x] = true
	}
	return rows
}

// A picture is a QR code: a blank border of four modules, the three finder patterns and the timing patterns between them
// (ISO/IEC 18004 §6.3), of a version that holds the text.
func TestPicture(t *testing.T) {
	picture, err := qr.Picture(secret.NewText(uri))
	if err != nil {
		t.Fatal(err)
	}
	const quiet = 4
	rows := modules(t, picture)
	size := len(rows) - 2*quiet
	if size < 21 || (size-21)%4 != 0 {
		t.Fatalf("%d modules are of no version", size)
	}
	for y := range rows {
		for x := range rows {
			if border := min(x, y, len(rows)-1-x, len(rows)-1-y) < quiet; border && rows[y][x] {
				t.Errorf("the border is black at %d, %d", x, y)
			}
		}
	}
	for _, corner := range [][2]int{{0, 0}, {size - 7, 0}, {0, size - 7}} {
		for y := range 7 {
			for x := range 7 {
				ring := min(x, y, 6-x, 6-y)
				if want := ring != 1; rows[quiet+corner[1]+y][quiet+corner[0]+x] != want {
					t.Errorf("the finder pattern at %v is wrong at %d, %d", corner, x, y)
				}
			}
		}
	}
	for i := 8; i < size-8; i++ {
		if want := i%2 == 0; rows[quiet+6][quiet+i] != want || rows[quiet+i][quiet+6] != want {
			t.Errorf("the timing patterns are wrong at %d", i)
		}
	}
}

// A text that is too long is refused, and not told: it may hold a seed.
func TestTooLong(t *testing.T) {
	_, err := qr.Picture(secret.NewText(strings.Repeat("canary", 1000)))
	if err == nil || strings.Contains(fmt.Sprint(err), "canary") {
		t.Errorf("got %v", err)
	}
}
