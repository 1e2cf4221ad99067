package shape_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/client"
	"github.com/zenvault/zenvault/shared/routes"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/webhook"
	"github.com/zenvault/zenvault/shared/wire"
)

// member is a field of a struct type of the program.
type member struct{ pkg, name, field, kind string }

func (m member) String() string { return m.pkg + "." + m.name + "." + m.field }

// members are the fields of all struct types that have a name.
func members(t *testing.T) (all []member) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, "shared"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(filepath.Join(root, "shared"), filepath.Dir(path))
		ast.Inspect(file, func(n ast.Node) bool {
			declared, isType := n.(*ast.TypeSpec)
			if !isType {
				return true
			}
			if body, isStruct := declared.Type.(*ast.StructType); isStruct {
				for _, f := range body.Fields.List {
					for _, name := range f.Names {
						all = append(all, member{filepath.ToSlash(folder), declared.Name.Name, name.Name, kindOf(f.Type)})
					}
				}
			}
			return true
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func kindOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return kindOf(e.X)
	case *ast.ArrayType:
		return "[]" + kindOf(e.Elt)
	case *ast.SelectorExpr:
		return kindOf(e.X) + "." + e.Sel.Name
	}
	return ""
}

var (
	soundsSecret = regexp.MustCompile(`(?i)(secret|password|token|seed|pepper|recovery|private|passphrase|master|plain|challenge|voucher|codes?$|keys?$)`)
	printable    = regexp.MustCompile(`^(\[\])*(string|byte|json\.RawMessage)$`)
)

// notSecret says of each field that sounds like a secret and can be printed why that is right.
var notSecret = map[string][]string{
	"an answer that shows it once": {"admin.Enrolled.Secret", "admin.RecoveryCodes.Codes", "apikey.Created.Token", "endpoint.Created.Secret",
		"session.Tokens.AccessToken", "session.Tokens.RefreshToken", "session.LoggedIn.DeviceToken", "session.LoginOutput.AccessToken",
		"session.LoginOutput.RefreshToken", "session.LoginOutput.DeviceToken", "session.LoginOutput.Challenge"},
	"a public key": {"apikey.CreateInput.PublicKey", "apikey.View.PublicKey", "apikey.UpdateInput.PublicKey", "aws/kms/providerkey.publicKey.PublicKey",
		"cosign.RegisterInput.InboundKeys", "cosign.UpdateInput.InboundKeys", "provider/cobo.detail.RootPubKey"},
	"how a key is referred to, which is kept elsewhere": {"cosign.Cosigner.ResponseKey", "cosign.Decision.ResponseKey", "cosign.prior.responseKey", "cosign.View.ResponseKey",
		"cosign.RegisterInput.ResponseKey", "cosign.UpdateInput.ResponseKey", "connection.Connection.SigningKey",
		"connection.View.SigningKey", "connection.RegisterInput.SigningKey", "connection.UpdateInput.SigningKey", "custody.Account.SigningKey", "wire.Env.TokenKey", "wire.Env.MasterWrapKey"},
	"an id": {"apikey.Secret.pepper", "connection.Connection.APIKey", "connection.View.APIKey", "connection.RegisterInput.APIKey", "connection.UpdateInput.APIKey",
		"custody.Account.APIKey", "apikey.GetInput.Key", "apikey.RevokeInput.Key", "apikey.RotateInput.Key", "apikey.UpdateInput.Key",
		"rewrap.Count.Key", "rewrap.Waiting.Key", "session/access.header.Key", "signedrequest.Signer.Key", "signedrequest.Claims.Key", "signedrequest.header.Key",
		"signedrequest.Verifier.Key", "wire.Env.accessKey", "provider/cobo.transaction.TokenID", "provider/safeheron.transaction.TxKey",
		"provider/safeheron.transaction.CoinKey", "provider/safeheron.transaction.SourceAccountKey", "provider/safeheron.transaction.DestinationAccountKey",
		"provider/safeheron.transaction.ReplacedTxKey", "provider/safeheron.transaction.ReplaceTxKey"},
	"a caller's name for a request": {"caller.Once.Key", "tenant.Ref.key"},
	"a word":                        {"client.Problem.Code", "edge.Problem.Code", "fault.Fault.Code", "custody.Refusal.Code", "transfer.ProblemView.Code", "transfer.Problem.Code", "session.Tokens.TokenType", "session.LoginOutput.TokenType"},
	"a ciphertext":                  {"wire.Env.MasterKey"},
	"a place":                       {"wire.Env.SecretsDir", "wire.Env.SecretsMode"},
	"a MAC, which is good for one challenge only": {"session.challenge.voucher"},
}

// Whatever holds a secret holds it in a type that can't be printed. A field that sounds like one and can be printed is named
// here with the reason, or it fails; so does a line about a field that is not there.
func TestSecretsCannotBePrinted(t *testing.T) {
	allowed := map[string]bool{}
	for _, list := range notSecret {
		for _, field := range list {
			allowed[field] = false
		}
	}
	all := members(t)
	for _, m := range all {
		if !soundsSecret.MatchString(m.field) || !printable.MatchString(m.kind) {
			continue
		}
		if _, known := allowed[m.String()]; !known {
			t.Errorf("%s is a %s: make it a secret.Text or secret.Bytes, or say in notSecret why it is none", m, m.kind)
		}
		allowed[m.String()] = true
	}
	for field, seen := range allowed {
		if !seen {
			t.Errorf("notSecret has %s, which is not there, or can't be printed", field)
		}
	}
	if len(all) < 500 {
		t.Errorf("only %d fields were looked at", len(all))
	}
}

// holders are the types outside the route table that hold secrets.
var holders = []reflect.Type{
	reflect.TypeFor[admin.Admin](), reflect.TypeFor[admin.FoundInput](), reflect.TypeFor[admin.Reauthentication](), reflect.TypeFor[apikey.Token](),
	reflect.TypeFor[client.Client](), reflect.TypeFor[webhook.Destination](), reflect.TypeFor[wire.Env](),
}

const canary = "canary-5e1f0c77d2"

// fill puts the canary into every secret in a value, however deep, exported or not, and counts them.
func fill(v reflect.Value) (filled int) {
	switch v.Type() {
	case reflect.TypeFor[secret.Text]():
		v.Set(reflect.ValueOf(secret.NewText(canary)))
		return 1
	case reflect.TypeFor[secret.Bytes]():
		v.Set(reflect.ValueOf(secret.NewBytes([]byte(canary))))
		return 1
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			filled += fill(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem())
		}
	case reflect.Pointer:
		if v.Type().Elem().Kind() == reflect.Struct && v.Type().Elem().PkgPath() != "" && strings.HasPrefix(v.Type().Elem().PkgPath(), "github.com/zenvault/") && v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
			filled = fill(v.Elem())
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled = fill(v.Index(0))
	}
	return filled
}

// Every input of a route and every other struct that holds a secret is filled with canaries, printed in every way and
// marshalled: none is to be seen.
func TestFilledStructsShowNothing(t *testing.T) {
	types := slices.Clone(holders)
	for _, row := range routes.Table() {
		if row.Types != nil && row.Types.Input().Kind() == reflect.Struct {
			types = append(types, row.Types.Input())
		}
	}
	held := map[string]bool{}
	for _, one := range types {
		value := reflect.New(one)
		if fill(value.Elem()) == 0 {
			continue
		}
		held[strings.TrimPrefix(one.PkgPath(), "github.com/zenvault/zenvault/shared/")+"."+one.Name()] = true
		var log bytes.Buffer
		for _, v := range []any{value.Interface(), value.Elem().Interface(), []any{value.Elem().Interface()}, map[string]any{"x": value.Elem().Interface()}} {
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
				fmt.Fprintf(&log, verb, v)
			}
			text, err := json.Marshal(v)
			if err != nil && !strings.Contains(err.Error(), "unsupported type: func") {
				t.Errorf("%s: %v", one, err)
			}
			log.Write(text)
		}
		for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), strings.Trim(fmt.Sprint([]byte(canary)), "[]")} {
			if strings.Contains(log.String(), form) {
				t.Errorf("%s shows its secret: %.300s", one, log.String())
			}
		}
	}
	for _, m := range members(t) {
		if strings.Contains(m.kind, "secret.") && ast.IsExported(m.name) && !held[m.pkg+"."+m.name] {
			t.Errorf("%s holds a secret, and nobody looks whether %s.%s shows it: name the type in holders", m, m.pkg, m.name)
		}
	}
	if len(held) < 15 {
		t.Errorf("only %d types were filled", len(held))
	}
}
