package shape_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/shape"
	"github.com/zenvault/zenvault/shared/edge"
)

// list asks the go command once for every package of the module, as it is built for deployment.
var list = sync.OnceValues(func() ([]shape.Package, error) {
	command := exec.Command("go", "list", "-tags", "lambda.norpc", "-json=ImportPath,Imports,Deps", "./...")
	command.Dir = root
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, errors.New(stderr.String())
	}
	var all []shape.Package
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p shape.Package
		if err := decoder.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

func packages(t *testing.T) []shape.Package {
	t.Helper()
	all, err := list()
	if err != nil || len(all) == 0 {
		t.Fatalf("go list: %d packages, %v", len(all), err)
	}
	return all
}

// Every package imports what its rule allows and nothing else, and every line of the rules is about something.
func TestArchitecture(t *testing.T) {
	for _, breach := range shape.Breaches(shape.Rules, packages(t)) {
		t.Error(breach)
	}
}

// What the rules do not allow is named: an import, a package without a rule, a line about nothing.
func TestBreaches(t *testing.T) {
	rules := []shape.Rule{
		{[]string{"a/..."}, []string{"b"}, "all of a"}, {[]string{"a/x"}, []string{"golang.org/x/crypto/..."}, "but x"}, {[]string{"b"}, nil, "b"},
	}
	for _, c := range []struct {
		name, pkg string
		imports   []string
		want      string
	}{
		{"allowed", "a/y", []string{"fmt", shape.Module + "b"}, ""},
		{"allowed outside", "a/x", []string{"golang.org/x/crypto/argon2"}, ""},
		{"not allowed", "a/y", []string{shape.Module + "a/x"}, "a/y imports a/x, which its rule does not allow (all of a)"},
		{"the more exact rule counts", "a/x", []string{shape.Module + "b"}, "a/x imports b, which its rule does not allow (but x)"},
		{"another module", "b", []string{"example.com/m"}, "b imports example.com/m, which its rule does not allow (b)"},
		{"standard library", "b", []string{"unsafe"}, "b imports unsafe of the standard library, which it may not"},
		{"no rule", "c", nil, "c has no rule: say in infra/shape/imports.go what it may import, and why"},
	} {
		var got []string
		for _, breach := range shape.Breaches(rules, []shape.Package{{ImportPath: shape.Module + c.pkg, Imports: c.imports}}) {
			if !strings.HasPrefix(breach, "stale: ") {
				got = append(got, breach)
			}
		}
		if c.want == "" && got != nil || c.want != "" && !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	stale := shape.Breaches(rules, []shape.Package{{ImportPath: shape.Module + "a/x"}, {ImportPath: shape.Module + "a/y"}})
	for _, want := range []string{"stale: a rule is about b, which is not there", "stale: the rule of a/... allows b, which nobody imports"} {
		if !slices.Contains(stale, want) {
			t.Errorf("got %q, want %q among them", stale, want)
		}
	}
}

// A function's binary holds what its spec needs: one that hashes no password links no argon2, one that sets none links
// no blocklist, one that sends nothing links no SQS, and so on; none links anything of infra, of YAML or of net/rpc.
func TestFunctionsLinkWhatTheyNeed(t *testing.T) {
	hashes := []string{"admin-found", "admin-accept", "password-change", "password-reset", "session-login", "factor-enrol", "factor-disable", "factor-renew"}
	chooses := []string{"admin-found", "admin-accept", "password-change", "password-reset", "factor-disable"} // of those, the ones that set a password
	byPath := map[string]shape.Package{}
	for _, p := range packages(t) {
		byPath[p.ImportPath] = p
	}
	for _, s := range shape.Specs() {
		n, admin, key := s.Needs, s.Guard.Kind == edge.AdminGuard, s.Guard.Kind == edge.KeyGuard
		want := map[string]bool{
			"golang.org/x/crypto/argon2":                    slices.Contains(hashes, s.Name),
			shape.Module + "shared/password/blocklist":      slices.Contains(chooses, s.Name),
			"github.com/golang-jwt/jwt/v5":                  admin || key || n.Signs || n.Tokens || s.Name == "key-rewrap", // which asks API keys what they need
			"github.com/aws/aws-sdk-go-v2/service/dynamodb": true,
			"github.com/aws/aws-sdk-go-v2/service/kms":      admin || key || n.MasterKey || n.Signs || n.Tokens || n.Wraps,
			shape.Module + "shared/wire/keys":               key || n.MasterKey, // pulls the master keys at start
			shape.Module + "shared/wire/wrapping":           n.Wraps,
			"github.com/aws/aws-sdk-go-v2/service/sqs":      n.Announces || n.Delivers || n.Posts || n.Transfers,
			"github.com/aws/aws-sdk-go-v2/service/sesv2":    n.Mails,
			"github.com/zenvault/zenvault/shared/secretdir": n.Secrets,
			"github.com/zenvault/zenvault/shared/dialguard": n.Delivers && n.MasterKey,
			"go.yaml.in/yaml/v3":                            false,
			"github.com/google/go-cmp/cmp":                  false,
			"net/rpc":                                       false,
			"testing":                                       false,
			"github.com/zenvault/zenvault/shared/routes":    false,
		}
		deps := byPath[shape.Module+"functions/"+s.Name].Deps
		got := map[string]bool{}
		for path := range want {
			got[path] = slices.Contains(deps, path)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s links (-needs +links):\n%s", s.Name, diff)
		}
		for _, path := range deps {
			if strings.HasPrefix(path, shape.Module+"infra/") {
				t.Errorf("%s links %s", s.Name, path)
			}
		}
	}
}
