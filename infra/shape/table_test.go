package shape_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/shape"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/routes"
)

// Each function of the table has its folder, and each folder is in the table.
func TestFoldersAreTheTable(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(root, "functions"))
	if err != nil {
		t.Fatal(err)
	}
	var folders, names []string
	for _, entry := range entries {
		folders = append(folders, entry.Name())
	}
	for _, s := range shape.Specs() {
		names = append(names, s.Name)
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, folders); diff != "" {
		t.Errorf("functions/ against the table (-table +folders):\n%s", diff)
	}
}

// Names, routes and guards are well formed: nothing twice, nothing unguarded, nothing slower than its trigger allows.
func TestSpecs(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+-[a-z]+$`)
	braces := regexp.MustCompile(`\{[^}]*\}`)
	names, places := map[string]bool{}, map[string]bool{}
	for _, row := range routes.Table() {
		s := row.Spec
		if !name.MatchString(s.Name) || names[s.Name] {
			t.Errorf("the name %q is not <domain>-<verb>, or there twice", s.Name)
		}
		names[s.Name] = true
		if !strings.HasSuffix(s.Summary, ".") {
			t.Errorf("%s: the summary %q is no sentence", s.Name, s.Summary)
		}
		place := s.Method + " " + braces.ReplaceAllString(s.Path, "{}")
		if s.HTTP() && places[place] {
			t.Errorf("%s: another function has %s", s.Name, place)
		}
		places[place] = true
		trigger(t, row)
		guard(t, s)
	}
}

// trigger checks what starts a function: one thing, joined in one way, in time.
func trigger(t *testing.T, row routes.Row) {
	s := row.Spec
	if s.HTTP() != (row.Route != nil) || s.HTTP() != (row.Types != nil) || (s.Queue != "") != (row.Job != nil) ||
		(row.Route != nil) == (row.Job != nil || row.Task != nil) || s.Every > 0 && row.Task == nil {
		t.Errorf("%s: it is not one of route, job and task", s.Name)
	}
	if s.HTTP() != (s.Method != "") {
		t.Errorf("%s: %q %q is no route", s.Name, s.Method, s.Path)
	}
	// HTTP APIs give up after 30 s; a message is invisible for 180 s, six times the time-out (Lambda's advice for SQS).
	if s.HTTP() && s.Timeout >= 30*time.Second || s.Queue != "" && s.Timeout > 30*time.Second || s.Every > 0 && s.Timeout > s.Every {
		t.Errorf("%s: a time-out of %s is longer than what starts it waits", s.Name, s.Timeout)
	}
}

// guard checks that somebody may call each route, that admins' paths are guarded as such, and that nothing else is
// mistaken for guarded.
func guard(t *testing.T, s edge.Spec) {
	g := s.Guard
	if s.HTTP() == (g.Kind == edge.Closed) {
		t.Errorf("%s: a guard of kind %d, with the path %q", s.Name, g.Kind, s.Path)
	}
	ofAdmins, own := strings.HasPrefix(s.Path, "/v1/admin/"), strings.HasPrefix(s.Path, "/v1/auth/")
	if ofAdmins && g.Kind != edge.AdminGuard || g.Kind == edge.AdminGuard && !ofAdmins && !own ||
		own && g.Kind == edge.AdminGuard && g.Permission != caller.Self && g.Permission != caller.Enrol {
		t.Errorf("%s: admins' guards are for admins' paths, and those about the own account for /v1/auth/", s.Name)
	}
	if (g.Kind == edge.AdminGuard) != (g.Permission != "") || (g.Kind == edge.KeyGuard) != (len(g.Scopes) > 0) {
		t.Errorf("%s: the guard %+v asks for what its kind does not know", s.Name, g)
	}
	if g.Kind == edge.AdminGuard && !slices.ContainsFunc(caller.Roles(), func(r caller.Role) bool {
		return caller.Caller{Kind: caller.Admin, Role: r}.May(g.Permission)
	}) {
		t.Errorf("%s: no role has the permission %q", s.Name, g.Permission)
	}
}

// Each scope is asked for by a route, and each route asks for known scopes.
func TestScopesAreThoseOfGuards(t *testing.T) {
	asked := map[string]bool{}
	for _, s := range shape.Specs() {
		for _, scope := range s.Guard.Scopes {
			asked[scope] = true
		}
	}
	want := slices.Sorted(slices.Values(caller.AllScopes()))
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(asked))); diff != "" {
		t.Errorf("scopes (-closed set +guards):\n%s", diff)
	}
}

// Each main serves the function that its folder is named for, and says what starts it.
func TestMainsServeTheirFunction(t *testing.T) {
	for _, s := range shape.Specs() {
		file := parse(t, filepath.Join(root, "functions", s.Name, "main.go"))
		values := served(file)
		if len(values) != 1 {
			t.Errorf("%s serves %v, want one value Route…, Job… or Task…", s.Name, values)
			continue
		}
		if got := specNames(t, values[0]); !slices.Equal(got, []string{s.Name}) {
			t.Errorf("%s serves %s.%s, which is %v", s.Name, values[0].domain, values[0].name, got)
		}
		doc := "Command " + s.Name + " is the Lambda function "
		if s.HTTP() {
			doc += "of " + s.Method + " " + s.Path + "."
		}
		if got := strings.Join(strings.Fields(file.Doc.Text()), " "); !strings.HasPrefix(got, doc) {
			t.Errorf("%s: the comment begins %q, want %q", s.Name, got, doc)
		}
	}
}

// value is what a main serves: a variable of a domain.
type value struct{ domain, name string }

var joined = regexp.MustCompile(`^(Route|Job|Task)[A-Z]`)

func served(file *ast.File) (values []value) {
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok || !joined.MatchString(selector.Sel.Name) {
			return true
		}
		if pkg, ok := selector.X.(*ast.Ident); ok {
			values = append(values, value{pkg.Name, selector.Sel.Name})
		}
		return true
	})
	return values
}

// specNames finds the variable in the domain's source, and those of its texts that name a function.
func specNames(t *testing.T, v value) (names []string) {
	files, err := filepath.Glob(filepath.Join(root, "shared", v.domain, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		ast.Inspect(parse(t, path), func(n ast.Node) bool {
			declared, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, name := range declared.Names {
				if name.Name == v.name && i < len(declared.Values) {
					names = append(names, functionNames(declared.Values[i])...)
				}
			}
			return false
		})
	}
	return names
}

func functionNames(in ast.Expr) (names []string) {
	ast.Inspect(in, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			return true
		}
		text, _ := strconv.Unquote(literal.Value)
		if slices.ContainsFunc(shape.Specs(), func(s edge.Spec) bool { return s.Name == text }) {
			names = append(names, text)
		}
		return true
	})
	return names
}

func parse(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// No domain deletes an item: no role allows it.
func TestNothingDeletes(t *testing.T) {
	err := filepath.WalkDir(filepath.Join(root, "shared"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		ast.Inspect(parse(t, path), func(n ast.Node) bool {
			if pair, ok := n.(*ast.KeyValueExpr); ok && isDelete(pair) {
				t.Errorf("%s deletes; shape.Rights would have to allow it", path)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// isDelete matches Delete: true in a ledger.Write.
func isDelete(pair *ast.KeyValueExpr) bool {
	key, isIdent := pair.Key.(*ast.Ident)
	value, isTrue := pair.Value.(*ast.Ident)
	return isIdent && isTrue && key.Name == "Delete" && value.Name == "true"
}
