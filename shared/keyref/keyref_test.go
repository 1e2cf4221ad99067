package keyref_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/keyref"
)

var (
	version = strings.Repeat("0a", 32)
	longest = strings.Repeat("x", 64)
)

const (
	keyARN   = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	aliasARN = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/Zenvault/fireblocks_1"
)

// A name alone is a file's; "kms:" comes before the ARN of a key or an alias. What is read is written the same, home
// first.
func TestParse(t *testing.T) {
	for text, want := range map[string]keyref.Ref{
		"fireblocks-response":                {Home: keyref.Dir, Name: "fireblocks-response"},
		"dir:fireblocks-response":            {Home: keyref.Dir, Name: "fireblocks-response"},
		"dir:key.pem#" + version:             {Home: keyref.Dir, Name: "key.pem", Version: version},
		longest:                              {Home: keyref.Dir, Name: longest},
		"kms:" + keyARN:                      {Home: keyref.KMS, Name: keyARN},
		"kms:" + aliasARN:                    {Home: keyref.KMS, Name: aliasARN},
		"kms:alias/zenvault-eu/fireblocks-1": {Home: keyref.KMS, Name: "alias/zenvault-eu/fireblocks-1"},
	} {
		got, valid := keyref.Parse(text)
		if diff := cmp.Diff(want, got); !valid || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", text, valid, diff)
		}
		if again, valid := keyref.Parse(got.String()); !valid || again != got {
			t.Errorf("%s is written as %s, which is read as %v", text, got, again)
		}
		if keyref.Valid(text) != (want.Version == "") {
			t.Errorf("%s: a version may not be asked for", text)
		}
	}
}

// Nothing else refers to a key: no path, no other home, no version of a kind that keys do not have, no key of AWS's own.
func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "dir:", "dir:dir:key", "../key", "/etc/key", "sub/key", ".version", "..data", "Key", "key\n", "env:KEY", longest + "x",
		"key.previous", "dir:key.previous", "key#", "key#" + version[1:], "key#" + strings.ToUpper(version), "key#" + version + "#" + version,
		"kms:", "kms:key", "kms:alias/", "kms:alias/aws/s3", "kms:1234abcd-12ab-34cd-56ef-1234567890ab", "kms:alias/a#" + version,
		"kms:alias/a b", "kms:alias/" + strings.Repeat("x", 251), "KMS:alias/a", "kms:kms:alias/a",
		"kms:" + strings.Replace(keyARN, ":kms:", ":s3:", 1), "kms:" + strings.Replace(keyARN, "111122223333", "1111", 1),
		"kms:" + strings.Replace(keyARN, "eu-central-1", "", 1), "kms:" + strings.Replace(keyARN, "aws", "gcp", 1),
		"kms:" + strings.Replace(keyARN, "key/", "grant/", 1), "kms:" + keyARN + "/x", "kms:" + keyARN + ":x",
		"kms:arn:aws:kms:eu-central-1:111122223333:key/", "kms:arn:aws:kms:eu-central-1:111122223333:alias/aws/kms",
	} {
		if ref, valid := keyref.Parse(text); valid {
			t.Errorf("%q is taken for %v", text, ref)
		}
		if keyref.Valid(text) {
			t.Errorf("%q is taken", text)
		}
	}
}

// The ARN of a key is that of one key for good; an alias can be moved.
func TestIsKeyARN(t *testing.T) {
	for handle, want := range map[string]bool{keyARN: true, aliasARN: false, "alias/a": false, "alias/key": false} {
		if keyref.IsKeyARN(handle) != want {
			t.Errorf("%s: got %v", handle, !want)
		}
	}
}

// FuzzParse: nothing panics, what is read is written and read again as the same, and a file's name can't walk.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"key", "dir:key#" + version, "kms:" + keyARN, "kms:" + aliasARN, "kms:alias/a", "../key", "kms:arn:::::", "a#b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, valid := keyref.Parse(text)
		if !valid {
			return
		}
		if again, valid := keyref.Parse(ref.String()); !valid || again != ref {
			t.Errorf("%q is written as %q, which is read as %v", text, ref, again)
		}
		if ref.Home == keyref.Dir && strings.ContainsAny(ref.Name, "/\\\x00") {
			t.Errorf("%q walks", ref.Name)
		}
	})
}
