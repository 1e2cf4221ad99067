package main

import (
	"strings"
	"testing"
)

// The main job works from the login to the received webhook.
func TestDemo(t *testing.T) {
	var out strings.Builder
	if err := tellInMemory(t.Context(), &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if !strings.Contains(out.String(), "All 19 steps were as expected.") {
		t.Errorf("the story ended early:\n%s", out.String())
	}
}
