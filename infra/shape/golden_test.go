package shape_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/shape"
	"github.com/zenvault/zenvault/shared/routes"
)

var update = flag.Bool("update", false, "write the generated files")

// root is the top of the repository.
const root = "../.."

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func golden(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(filepath.Join(root, path), []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatalf("%v (go test ./infra/shape -update writes it)", err)
	}
	if diff := cmp.Diff(string(got), want); diff != "" {
		t.Errorf("%s is not what the route table says; go test ./infra/shape -update (-is +should be):\n%s", path, diff)
	}
}

func filled(t *testing.T, path, begin, end, content string) {
	t.Helper()
	whole, err := shape.Fill(read(t, path), begin, end, content)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	golden(t, path, whole)
}

// template.yaml deploys the table: each function with the rights that its spec needs.
func TestTemplateIsCurrent(t *testing.T) {
	functions, err := shape.Functions(shape.Specs())
	if err != nil {
		t.Fatal(err)
	}
	filled(t, "template.yaml", shape.FunctionsBegin, shape.FunctionsEnd, functions)
	endpoints, err := shape.Endpoints(shape.Specs())
	if err != nil {
		t.Fatal(err)
	}
	filled(t, "template.yaml", shape.EndpointsBegin, shape.EndpointsEnd, endpoints)
}

// The README shows the table.
func TestREADMEIsCurrent(t *testing.T) {
	filled(t, "README.md", shape.RoutesBegin, shape.RoutesEnd, shape.RouteTable(shape.Specs()))
}

// The OpenAPI document describes the table.
func TestOpenAPIIsCurrent(t *testing.T) {
	document, err := shape.OpenAPI(routes.Table())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "infra/openapi.json", string(document))
}
