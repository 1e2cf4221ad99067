package shape_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/shape"
)

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// No document links to a file that is not there.
func TestLinks(t *testing.T) {
	var documents []string
	for _, pattern := range []string{"*.md", "infra/design/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, found...)
	}
	links := 0
	for _, document := range documents {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			target, _, _ := strings.Cut(match[1], "#")
			if target == "" || strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			links++
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", document, target)
			}
		}
	}
	if links == 0 {
		t.Error("there are no links to check")
	}
}

var (
	claimName = regexp.MustCompile(`\bTestClaim_\w+`)
	claimTest = regexp.MustCompile(`(?m)^func (TestClaim_\w+)\(`)
)

// Every claim of the README names a test that is there, and every such test is in the README.
func TestClaims(t *testing.T) {
	table, err := shape.Between(read(t, "README.md"), shape.ClaimsBegin, shape.ClaimsEnd)
	if err != nil {
		t.Fatal(err)
	}
	claimed, tests := claimName.FindAllString(table, -1), claimTests(t)
	for _, name := range claimed {
		if !slices.Contains(tests, name) {
			t.Errorf("the README claims what %s proves, which is not there", name)
		}
	}
	for _, name := range tests {
		if !slices.Contains(claimed, name) {
			t.Errorf("%s proves what the README does not claim", name)
		}
	}
	for _, row := range strings.Split(strings.TrimSpace(table), "\n") {
		if words := strings.Trim(row, "|-: "); strings.HasPrefix(row, "|") && words != "" && !claimName.MatchString(row) && !header(row) {
			t.Errorf("this claim names no test: %s", row)
		}
	}
}

// header matches the first row of the table.
func header(row string) bool { return strings.HasPrefix(strings.ToLower(row), "| claim") }

func claimTests(t *testing.T) (names []string) {
	for _, top := range []string{"shared", "functions", "infra"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, entry os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for _, match := range claimTest.FindAllStringSubmatch(string(text), -1) {
				names = append(names, match[1])
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}
