package local_test

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/local"
)

// program is a gateway in a process of its own.
type program struct {
	*exec.Cmd
	url, password string
}

// launch starts the gateway's program on a directory and reads where it is.
func launch(t testing.TB, binary, dir string) program {
	t.Helper()
	ctx, done := context.WithTimeout(context.Background(), time.Minute) // it outlives nothing: a hanging one is killed
	t.Cleanup(done)
	p := program{Cmd: exec.CommandContext(ctx, binary, "-quiet", "-addr", "127.0.0.1:0", "-dir", dir)}
	out, err := p.StdoutPipe()
	must(t, err)
	must(t, p.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() && (p.url == "" || p.password == "") {
		if found := regexp.MustCompile(`zenvault is running on (\S+)`).FindStringSubmatch(lines.Text()); found != nil {
			p.url = found[1]
		}
		if found := regexp.MustCompile(`^  password\s+(\S+)`).FindStringSubmatch(lines.Text()); found != nil {
			p.password = found[1]
		}
	}
	if p.url == "" || p.password == "" {
		t.Fatal("the gateway did not say where it is")
	}
	return p
}

// kill ends it the hard way.
func (p program) kill(t testing.TB) {
	t.Helper()
	must(t, p.Process.Kill())
	p.Wait() // says that it was killed
}

// A gateway that is killed in the middle of its work has everything that it acknowledged when it starts again, and the
// chains of all targets are whole: no write without its entry, no entry without its write.
func TestClaim_A2_KilledGatewayLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	binary, dir := filepath.Join(t.TempDir(), "gateway"), t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./gateway")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the gateway: %v\n%s", err, out)
	}
	var mu sync.Mutex
	acknowledged := map[string]string{} // path → what the answer must contain
	for round := range 2 {
		p := launch(t, binary, dir)
		g := &gateway{Gateway: &local.Gateway{URL: p.url}, password: p.password}
		g.access, _ = g.login(t, local.OwnerEmail)
		home := g.workspace(t, "Home")
		var all sync.WaitGroup
		enough := make(chan struct{}, 1000)
		for worker := range 4 {
			all.Go(func() {
				for n := 0; ; n++ {
					name := fmt.Sprintf("Killed %d %d %d", round, worker, n)
					made, err := g.try(t.Context(), g.admin("POST", "/v1/admin/workspaces", marshal(map[string]string{"name": name})))
					if err != nil || made.status != 201 {
						return // the gateway is gone
					}
					var workspace struct{ ID string }
					made.decode(t, &workspace)
					mu.Lock()
					acknowledged["/v1/admin/workspaces/"+workspace.ID] = `"name":"` + name + `"`
					mu.Unlock()
					enough <- struct{}{}
				}
			})
		}
		for range 12 {
			<-enough
		}
		p.kill(t)
		all.Wait()
		acknowledged["/v1/admin/workspaces/"+home] = `"name":"Home"`
	}
	g := startGateway(t, local.Options{Dir: dir})
	for path, want := range acknowledged {
		if got := g.send(t, g.admin("GET", path, "")); got.status != 200 || !strings.Contains(string(got.body), want) {
			t.Errorf("%s: got %d %s, want %s", path, got.status, got.body, want)
		}
	}
	after := g.dump(t)
	after.verify(t)
	kept := 0
	for key := range after.vault {
		if strings.HasPrefix(key.PK, "workspace#") {
			kept++
		}
	}
	if kept < len(acknowledged) || kept > len(acknowledged)+2*4 { // and at most what was under way
		t.Errorf("%d workspaces are stored, %d were acknowledged", kept, len(acknowledged))
	}
}
