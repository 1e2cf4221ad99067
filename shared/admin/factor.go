package admin

import (
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/secret"
)

const factorPrefix = "fac"

// factor is an admin's second one: a seed that an authenticator app has too. Whether it counts is the admin's own mark,
// Standing.Factor; until that is set, it was enrolled and not proven.
type factor struct {
	id        string // "fac_<ulid>" of the enrolment
	admin     string
	createdAt time.Time
	session   string // that enrolled it, until it is proven; "" afterwards

	sealed []byte // the seed, which opens only for this admin; empty once the factor was taken away
}

// The rules' faults.
var (
	ErrEnrolled = fault.New(fault.Conflict, "second_factor_enrolled",
		"This account has a second factor. Disable it first, to enrol another one.")
	ErrNotEnrolled = fault.New(fault.Conflict, "second_factor_missing", "This account has no second factor. Enrol one first.")
	ErrCode        = fault.New(fault.Unprocessable, "code_wrong",
		"The code is not the one that the app shows now, or it was used before. Wait for the next one, and look at the app's clock.").At("/code")
	ErrOneProof = fault.New(fault.Unprocessable, "one_second_factor",
		"Give either a code of the app or a recovery code.").At("/code")
	ErrSecond = fault.New(fault.Unauthenticated, "invalid_second_factor",
		"The code is wrong or was used before, or the login took too long. Take the next code, or log in again.")
	ErrReauthentication = fault.New(fault.Forbidden, "reauthentication_failed",
		"The password or the code is wrong, or the code was used before.")
)

// Sealer encrypts secrets for their place, authenticated. It is safe for concurrent use.
type Sealer interface {
	Seal(of Place, plain secret.Bytes) ([]byte, error)
	Open(of Place, sealed []byte) (secret.Bytes, error)
}

// Place is where a sealed value belongs; moved to another, it does not open.
type Place struct {
	Table     string
	Workspace string // always "": an admin is no workspace's
	Record    string
	Field     string
}

func (f factor) place() Place { return Place{Table: "factor", Record: f.admin, Field: "seed"} }

// Factors is the Service with what second factors need besides.
type Factors struct {
	Service
	Sealer  Sealer
	Issuer  string                                      // what the app calls this stack
	Picture func(text secret.Text) (secret.Text, error) // draws a QR code; nil where nothing is enrolled
}

func (f factor) fields() audit.Fields {
	return audit.Fields{"id": f.id, "admin": f.admin, "created_at": f.createdAt, "seed": secret.NewBytes(f.sealed)}
}

func (f factor) target() audit.Target { return audit.Target{Type: "factor", ID: f.admin} }

// proof is what an admin shows besides the password: one of both.
type proof struct{ code, recovery secret.Text }

func (p proof) check() error {
	if (p.code.Expose() == "") == (p.recovery.Expose() == "") {
		return ErrOneProof
	}
	return nil
}
