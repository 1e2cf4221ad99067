//go:build race

package keyset_test

// The race detector makes each seal several times slower.
func init() { seals = 100_000 }
