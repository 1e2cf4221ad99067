package tenant

import "strings"

// Ref is a customer reference as a provider carries it: "<workspace id>:<idempotency key>". It can't be built without a
// workspace, so two workspaces can't collide, and parsing one back is the only way from a callback to a workspace.
type Ref struct {
	workspace ID
	key       string
}

// MaxKey is the longest idempotency key, in bytes.
const MaxKey = 128

// NewRef names a request of a workspace. The key is 1 to MaxKey visible ASCII characters other than the colon.
func NewRef(workspace ID, key string) (Ref, error) {
	if workspace.IsZero() || !validKey(key) {
		return Ref{}, ErrMalformed
	}
	return Ref{workspace, key}, nil
}

// ParseRef reads a reference.
func ParseRef(text string) (Ref, error) {
	owner, key, found := strings.Cut(text, ":")
	if !found {
		return Ref{}, ErrMalformed
	}
	workspace, err := Parse(owner)
	if err != nil {
		return Ref{}, err
	}
	return NewRef(workspace, key)
}

func validKey(key string) bool {
	if key == "" || len(key) > MaxKey {
		return false
	}
	for i := range len(key) {
		if c := key[i]; c <= ' ' || c >= 0x7f || c == ':' {
			return false
		}
	}
	return true
}

// Workspace is the owner; zero for the zero Ref.
func (r Ref) Workspace() ID { return r.workspace }

// Key is the workspace's own part.
func (r Ref) Key() string { return r.key }

// IsZero reports whether there is no reference.
func (r Ref) IsZero() bool { return r.workspace.IsZero() }

func (r Ref) String() string {
	if r.IsZero() {
		return ""
	}
	return r.workspace.text + ":" + r.key
}
