package label_test

import (
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/label"
)

// Only what a person can see and type again is a label.
func TestValid(t *testing.T) {
	tests := []struct {
		text string
		want bool
	}{
		{"Treasury", true}, {"Schatzamt ö", true}, {"財務", true}, {"a", true}, {strings.Repeat("ö", 100), true},
		{"", false}, {" a", false}, {"a ", false}, {"a\tb", false}, {"a\nb", false}, {"a\x00b", false}, {"a\u200bb", false}, {"\u202ea", false},
		{"a\u00a0", false}, {"\xff", false}, {strings.Repeat("ö", 101), false},
	}
	for _, tt := range tests {
		if got := label.Valid(tt.text); got != tt.want {
			t.Errorf("%q: got %v", tt.text, got)
		}
	}
}
