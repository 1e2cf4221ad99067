package password_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/password/blocklist"
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

// choosing is as it is where passwords are chosen.
var choosing = password.Argon2id{Blocklist: blocklist.Common{}}

// With a second factor 8 characters are enough, without one 15, of whatever script, in at most 1,024 bytes; what is easily
// guessed is refused either way, with the reason.
func TestCheckWith(t *testing.T) {
	tests := []struct {
		plain       string
		with, alone error
	}{
		{"seven c", password.ErrTooShort, password.ErrTooShort},
		{"kx7Jw2mQ", nil, password.ErrTooShort},
		{"漢字仮名交じり文", nil, password.ErrTooShort},
		{"kx7Jw2mQ-zr4Wn", nil, password.ErrTooShort},
		{"", password.ErrTooShort, password.ErrTooShort},
		{strings.Repeat("é", 7), password.ErrTooShort, password.ErrTooShort},
		{"漢字仮名交じり文のとても長いもの", nil, nil},
		{"correct horse battery staple", nil, nil},
		{"fifteen chars !", nil, nil},
		{"sunshine", password.ErrCommon, password.ErrTooShort},
		{"Ada Lovelace 1815", password.ErrCommon, password.ErrCommon},
		{"qwertyuiopasdfgh", password.ErrCommon, password.ErrCommon},
		{strings.Repeat("a", 1024), password.ErrCommon, password.ErrCommon},
		{strings.Repeat("a", 1025), password.ErrTooLong, password.ErrTooLong},
		{strings.Repeat("\xff", 20), password.ErrNotText, password.ErrNotText},
	}
	for _, tt := range tests {
		for factor, want := range map[bool]error{true: tt.with, false: tt.alone} {
			err := choosing.CheckWith(secret.NewText(tt.plain), factor, "ada@example.com", "Ada Lovelace")
			if !errors.Is(err, want) || err != nil && tt.plain != "" && strings.Contains(err.Error(), tt.plain) {
				t.Errorf("%q, second factor %v: %v, want %v", tt.plain, factor, err, want)
			}
		}
	}
	short := fault.From(choosing.CheckWith(secret.NewText("seven c"), true))
	if short.Message != "A password has at least 8 characters." || short.Field != "/password" {
		t.Errorf("%q at %q", short.Message, short.Field)
	}
	common := fault.From(choosing.CheckWith(secret.NewText("123456789123456789"), false))
	if common.Code != "password_common" || common.Message != "This is among the passwords that leaked most often. Choose another." || common.Field != "/password" {
		t.Errorf("%s %q at %q", common.Code, common.Message, common.Field)
	}
}

// Where passwords are chosen without a list, none will do: a function that is put together wrongly sets no weak one.
func TestCheckWithoutList(t *testing.T) {
	if err := argon2id.CheckWith(secret.NewText("correct horse battery staple"), true); !errors.Is(err, fault.ErrInternal) {
		t.Errorf("checked without a list: %v", err)
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
