package shape_test

import (
	"os/exec"
	"strings"
	"testing"
)

// What the README tells a newcomer to type starts programs that are there.
func TestMakeStartsPrograms(t *testing.T) {
	for _, target := range []string{"run", "demo"} {
		command := exec.Command("make", "--dry-run", target)
		command.Dir = "../.."
		told, err := command.CombinedOutput()
		program, found := strings.CutPrefix(strings.TrimSpace(string(told)), "go run ")
		if err != nil || !found {
			t.Fatalf("make %s does %q, %v", target, told, err)
		}
		list := exec.Command("go", "list", "-f", "{{.Name}}", program)
		list.Dir = command.Dir
		name, err := list.CombinedOutput()
		if err != nil || strings.TrimSpace(string(name)) != "main" {
			t.Errorf("make %s runs %s, which is %q, %v", target, program, name, err)
		}
	}
}
