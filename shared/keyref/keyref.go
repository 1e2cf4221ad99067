// Package keyref is how a signing key is named: by the home that it lives in, its name there, and, where it matters which
// of several keys of one name is meant, its version.
package keyref

import "strings"

// Home is where a private key lives.
type Home string

// The homes.
const (
	Dir Home = "dir" // a file in the secrets directory
	KMS Home = "kms" // a key of AWS KMS, which never leaves it
)

// Ref names a signing key.
type Ref struct {
	Home Home
	Name string // of the file; or the ARN of a key or alias, or "alias/…"
	// Version is the hex SHA-256 of the public key's SubjectPublicKeyInfo: of all that a file's name has stood for, this very
	// key. Empty is the present one. Keys of KMS have none: a key's ARN is never another key's.
	Version string
}

// Previous is what the file name of a key's last version ends in while the new one has its name. Such a name can't be
// referred to: it is a version, no key of its own.
const Previous = ".previous"

const (
	letters  = "abcdefghijklmnopqrstuvwxyz"
	digits   = "0123456789"
	maxName  = 64 // bytes
	maxAlias = 256
	maxKeyID = 64 // a UUID, or "mrk-" and 32 digits (AWS KMS API Reference, "KeyId")
)

// Parse reads "name", "dir:name", "dir:name#version" or "kms:handle".
func Parse(text string) (Ref, bool) {
	if handle, ok := strings.CutPrefix(text, string(KMS)+":"); ok {
		return Ref{Home: KMS, Name: handle}, validHandle(handle)
	}
	name, version, versioned := strings.Cut(strings.TrimPrefix(text, string(Dir)+":"), "#")
	valid := ValidName(name) && !strings.HasSuffix(name, Previous) && (!versioned || validVersion(version))
	return Ref{Home: Dir, Name: name, Version: version}, valid
}

// Valid reports whether somebody may name a key like that: in a form that Parse reads, and without a version, which is
// the program's to choose.
func Valid(text string) bool {
	ref, valid := Parse(text)
	return valid && ref.Version == ""
}

// String is the form that is stored; Parse reads it.
func (r Ref) String() string {
	text := string(r.Home) + ":" + r.Name
	if r.Version != "" {
		text += "#" + r.Version
	}
	return text
}

// ValidName reports whether a file of this name could be a secret: 1 to 64 of a-z, 0-9, dot, dash and underscore, the first
// a letter or digit. So there are no separators, no hidden files, no "..". (A regular expression would cost every start.)
func ValidName(name string) bool {
	return name != "" && len(name) <= maxName && only(name, letters+digits+"._-") && only(name[:1], letters+digits)
}

func validVersion(version string) bool { return len(version) == 64 && only(version, digits+"abcdef") }

// validHandle takes the ARN of a key or of an alias, or an alias of this account and region; not a bare key id, which says
// too little to a reader. Aliases of AWS itself stand for keys that sign nothing.
func validHandle(handle string) bool {
	if !strings.HasPrefix(handle, "arn:") {
		return validAlias(handle)
	}
	parts := strings.Split(handle, ":")
	return len(parts) == 6 && strings.HasPrefix(parts[1], "aws") && only(parts[1], letters+"-") && parts[2] == "kms" &&
		parts[3] != "" && only(parts[3], letters+digits+"-") && len(parts[4]) == 12 && only(parts[4], digits) &&
		(validAlias(parts[5]) || validKeyID(parts[5]))
}

func validAlias(text string) bool {
	name, ok := strings.CutPrefix(text, "alias/")
	return ok && name != "" && len(text) <= maxAlias && !strings.HasPrefix(name, "aws/") &&
		only(name, letters+strings.ToUpper(letters)+digits+"/_-")
}

func validKeyID(text string) bool {
	id, ok := strings.CutPrefix(text, "key/")
	return ok && id != "" && len(id) <= maxKeyID && only(id, letters+digits+"-")
}

// IsKeyARN reports whether a handle of KMS names a key itself, which an alias may be moved away from.
func IsKeyARN(handle string) bool {
	return strings.HasPrefix(handle, "arn:") && strings.Contains(handle, ":key/")
}

func only(text, set string) bool { return strings.Trim(text, set) == "" }
