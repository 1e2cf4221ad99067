package password_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/secret"
)

var argon2id password.Argon2id

type vectors struct {
	Vectors []struct {
		Password, PHC string
		Time          int `json:"t"`
	}
	MustReject []string `json:"phc_strings_must_reject"`
}

func load(t testing.TB) vectors {
	t.Helper()
	data, err := os.ReadFile("testdata/argon2id_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Vectors) != 8 || len(v.MustReject) != 12 {
		t.Fatalf("%d vectors and %d malformed strings, want 8 and 12", len(v.Vectors), len(v.MustReject))
	}
	return v
}

func verify(t *testing.T, plain, stored string) bool {
	t.Helper()
	right, err := argon2id.Verify(context.Background(), secret.NewText(plain), secret.NewText(stored))
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	return right
}

// Hashes that the reference implementation made are verified, and no other password passes for theirs.
func TestVectors(t *testing.T) {
	for _, v := range load(t).Vectors {
		if !verify(t, v.Password, v.PHC) {
			t.Errorf("%s does not verify", v.PHC)
		}
		if verify(t, v.Password+"x", v.PHC) {
			t.Errorf("%s verifies another password", v.PHC)
		}
		if !argon2id.NeedsRehash(secret.NewText(v.PHC)) {
			t.Errorf("%s is not older than what is made now", v.PHC)
		}
	}
}

// A malformed string is nobody's hash, and one that would take gigabytes or panic is refused before anything is hashed.
func TestMalformed(t *testing.T) {
	good := load(t).Vectors[2].PHC
	change := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	malformed := append(load(t).MustReject,
		change("t=2", "t=02"), change("t=2", "t=+2"), change("t=2", "t=17"), change("p=1", "p=5"), change("p=1", "p=257"),
		change("m=256", "m=7"), change("m=256", "m=262145"), change("m=256,", ""), change("p=1", "p=1,x=1"),
		change("$v=19", ""), change("argon2id", "Argon2id"), good+"$", good+"\n", good+"=", change("c29t", "c2\n9t"),
		change("c29tZXNhbHQ", "c29tZXNhbHR"), change("c29tZXNhbHQ", "c29t"), " "+good, strings.Repeat("$", 300))
	for _, text := range malformed {
		if _, err := password.Reparse(text); err == nil {
			t.Errorf("%q is read", text)
		}
		if verify(t, "password", text) {
			t.Errorf("%q verifies", text)
		}
	}
}

// A new hash verifies its password alone, is salted, needs no rehash, and is made with m=64 MiB, t=3, p=1.
func TestHash(t *testing.T) {
	one, err := argon2id.Hash(context.Background(), secret.NewText("correct horse battery staple"))
	if err != nil {
		t.Fatal(err)
	}
	two, _ := argon2id.Hash(context.Background(), secret.NewText("correct horse battery staple"))
	if !strings.HasPrefix(one.Expose(), "$argon2id$v=19$m=65536,t=3,p=1$") || one.Expose() == two.Expose() {
		t.Errorf("hashes %s and %s", one.Expose(), two.Expose())
	}
	if !verify(t, "correct horse battery staple", one.Expose()) || verify(t, "correct horse battery stapl", one.Expose()) {
		t.Error("the hash does not tell its password from another")
	}
	if argon2id.NeedsRehash(one) {
		t.Error("a new hash needs a rehash")
	}
}

// The dummy costs what a real hash costs.
func TestDummy(t *testing.T) {
	if argon2id.NeedsRehash(argon2id.Dummy()) {
		t.Error("the dummy's parameters are not the current ones")
	}
	if verify(t, "", password.Dummy) {
		t.Error("the dummy verifies")
	}
}

// A login that nobody waits for any more is not hashed.
func TestBusy(t *testing.T) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := argon2id.Hash(gone, secret.NewText("x")); !errors.Is(err, password.ErrBusy) {
		t.Errorf("hashed for nobody: %v", err)
	}
}

// A new password has 15 characters or more and at most 1,024 bytes, in whatever script.
func TestCheck(t *testing.T) {
	tests := []struct {
		plain string
		want  error
	}{
		{"", password.ErrTooShort},
		{"fourteen chars", password.ErrTooShort},
		{"fifteen chars !", nil},
		{strings.Repeat("é", 14), password.ErrTooShort},
		{strings.Repeat("漢", 15), nil},
		{strings.Repeat("a", 1024), nil},
		{strings.Repeat("a", 1025), password.ErrTooLong},
		{strings.Repeat("\xff", 20), password.ErrNotText},
	}
	for _, tt := range tests {
		if err := argon2id.Check(secret.NewText(tt.plain)); !errors.Is(err, tt.want) {
			t.Errorf("Check(%q) = %v, want %v", tt.plain, err, tt.want)
		}
	}
}

// FuzzParse: what is read is written back the same, so nothing is read in two ways, and nothing panics.
func FuzzParse(f *testing.F) {
	v := load(f)
	for _, vector := range v.Vectors {
		f.Add(vector.PHC)
	}
	for _, text := range v.MustReject {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if again, err := password.Reparse(text); err == nil && again != text {
			t.Errorf("%q is read as %q", text, again)
		}
	})
}
