package keyset_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/secret"
)

// everywhere is records that differ in each part alone and in all parts at once.
func everywhere() (all []keyset.Record) {
	for _, table := range []string{"endpoint", "factor"} {
		for _, workspace := range []string{"", "ws_eucentral1_01jc0000000000000000000000", "ws_eucentral1_01jc0000000000000000000001"} {
			for _, record := range []string{"ep_1", "ep_2"} {
				for _, field := range []string{"secret", "previous_secret", "seed"} {
					all = append(all, keyset.Record{Table: table, Workspace: workspace, Record: record, Field: field})
				}
			}
		}
	}
	return all
}

// sealedAt is an envelope, by which key and where it was made.
type sealedAt struct {
	key      int
	place    keyset.Record
	envelope []byte
}

// Of all pairs of places, over table, workspace, record, field and key, an envelope opens in its own and in no other,
// also with another key's id written into it; and all that fails fails alike.
func TestEveryPairOfPlaces(t *testing.T) {
	both := open(t, first, second)
	alone := []*keyset.Ring{open(t, first), open(t, second)}
	ids := both.IDs()
	var all []sealedAt
	for key, ring := range alone {
		for _, place := range everywhere() {
			all = append(all, sealedAt{key, place, seal(t, ring, place, "value")})
		}
	}
	tried := 0
	for _, from := range all {
		if _, err := alone[1-from.key].Open(from.place, from.envelope); err != keyset.ErrOpen {
			t.Fatalf("without its key: %v, want ErrOpen itself", err)
		}
		for _, to := range all {
			envelope := bytes.Clone(from.envelope)
			if _, err := hex.Decode(envelope[1:5], []byte(ids[to.key])); err != nil {
				t.Fatal(err)
			}
			plain, err := both.Open(to.place, envelope)
			own := from.place == to.place && from.key == to.key
			if own != (err == nil) || err != nil && err != keyset.ErrOpen || len(plain.Expose()) > 0 != own {
				t.Fatalf("sealed by key %d for %+v, opened as key %d's for %+v: %v", from.key, from.place, to.key, to.place, err)
			}
			tried++
		}
	}
	if tried != 72*72 {
		t.Errorf("tried %d pairs", tried)
	}
}

// seals is how many times TestNoncesAreUnique seals; see race_test.go.
var seals = 1_000_000

// Of a million seals under one key no two have the same nonce, whoever seals.
func TestNoncesAreUnique(t *testing.T) {
	const start, end = 5, 5 + 12 // of the nonce in an envelope
	ring, workers := open(t, first), runtime.GOMAXPROCS(0)
	nonces := make([]map[[12]byte]bool, workers)
	var all sync.WaitGroup
	for w := range workers {
		nonces[w] = make(map[[12]byte]bool, seals/workers)
		all.Go(func() {
			for range seals / workers {
				envelope, err := ring.Seal(place, secret.Bytes{})
				if err != nil {
					t.Errorf("seal: %v", err)
					return
				}
				nonces[w][[12]byte(envelope[start:end])] = true
			}
		})
	}
	all.Wait()
	different := nonces[0]
	for _, more := range nonces[1:] {
		for nonce := range more {
			different[nonce] = true
		}
	}
	if want := seals / workers * workers; len(different) != want {
		t.Errorf("%d seals have %d nonces", want, len(different))
	}
}

// Sealed anew, a value opens in its place, under the newest key, and the old key is not needed for it any more.
func TestReseal(t *testing.T) {
	before := seal(t, open(t, first), place, "value")
	both := open(t, second, first)
	after, err := both.Reseal(place, before)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := open(t, second).Open(place, after)
	if err != nil || string(plain.Expose()) != "value" {
		t.Errorf("opened %q, %v", plain.Expose(), err)
	}
	for envelope, want := range map[string]string{string(before): both.IDs()[1], string(after): both.IDs()[0]} {
		if got, ok := keyset.SealedBy([]byte(envelope)); !ok || got != want {
			t.Errorf("sealed by %q, %t; want %q", got, ok, want)
		}
	}
	other := place
	other.Record = "ep_2"
	if _, err := both.Reseal(other, before); err != keyset.ErrOpen {
		t.Errorf("sealed anew for another record: %v, want ErrOpen itself", err)
	}
	if _, err := open(t, second).Reseal(place, before); err != keyset.ErrOpen {
		t.Errorf("without its key: %v, want ErrOpen itself", err)
	}
}

// FuzzSealedBy: whatever the bytes, the parser tells an envelope by its version and length alone, names the four bytes
// that are there, and Open agrees that there is nothing else to open.
func FuzzSealedBy(f *testing.F) {
	envelope, err := hex.DecodeString(kept)
	if err != nil {
		f.Fatal(err)
	}
	ring, err := tryOpen(first)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{envelope, envelope[:33], envelope[:32], {}, {1}, bytes.Repeat([]byte{1}, 33), append([]byte{2}, envelope[1:]...)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		id, ok := keyset.SealedBy(data)
		if ok != (len(data) >= 33 && data[0] == 1) {
			t.Errorf("%x is an envelope: %t", data, ok)
		}
		if ok && id != fmt.Sprintf("%x", data[1:5]) || !ok && id != "" {
			t.Errorf("%x is sealed by %q", data, id)
		}
		if _, err := ring.Open(place, data); err == nil && id != "33783e3d" {
			t.Errorf("%x opens without its key", data)
		}
	})
}
