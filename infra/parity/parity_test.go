package parity_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/runtimeapi"
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/routes"
)

var updateEvents = flag.Bool("update", false, "write the answers of golden events anew")

// answer is what a client can see of one, with what differs from run to run replaced.
type answer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

var (
	ulids     = regexp.MustCompile(`[0-7][0-9a-hjkmnp-tv-z]{25}`)
	requestID = regexp.MustCompile(`"request_id":"[^"]*"`)
	times     = regexp.MustCompile(`"([a-z]+_at)":[0-9]+`)
)

func seen(status int, header func(string) string, body []byte) answer {
	body = ulids.ReplaceAll(body, []byte("ULID"))
	body = requestID.ReplaceAll(body, []byte(`"request_id":"REQUEST"`))
	body = times.ReplaceAll(body, []byte(`"$1":0`))
	a := answer{Status: status, Headers: map[string]string{}, Body: body}
	for _, name := range []string{"Content-Type", "Cache-Control", "X-Content-Type-Options", "Www-Authenticate", "Idempotency-Replayed"} {
		if value := header(name); value != "" {
			a.Headers[name] = value
		}
	}
	return a
}

func replied(r function.Reply) answer {
	header := http.Header{}
	for name, value := range r.Headers {
		header.Set(name, value)
	}
	return seen(r.StatusCode, header.Get, []byte(r.Body))
}

// golden is an event file, with its placeholders filled in.
type golden struct {
	function, path string
	event          function.Event
	raw            []byte
}

func (g golden) want() string { return strings.TrimSuffix(g.path, ".json") + ".want.json" }

// setting is a gateway with an owner, a workspace and a key.
func setting(t *testing.T) (*local.Gateway, *strings.Replacer) {
	t.Helper()
	g, err := local.Start(t.Context(), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	password, err := g.Owner(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var tokens struct {
		Access string `json:"access_token"`
	}
	post(t, g.URL+"/v1/auth/login", "", map[string]any{"email": local.OwnerEmail, "password": password.Expose()}, &tokens)
	var workspace struct{ ID string }
	post(t, g.URL+"/v1/admin/workspaces", tokens.Access, map[string]any{"name": "Golden"}, &workspace)
	var key struct{ Token string }
	post(t, g.URL+"/v1/admin/workspaces/"+workspace.ID+"/keys", tokens.Access,
		map[string]any{"name": "golden", "scopes": []string{"endpoints:read", "endpoints:write"}}, &key)
	return g, strings.NewReplacer("{{admin}}", tokens.Access, "{{key}}", key.Token, "{{workspace}}", workspace.ID)
}

func post(t *testing.T, url, token string, input map[string]any, output any) {
	t.Helper()
	body, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), "POST", url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode/100 != 2 {
		t.Fatalf("%s: %d %s %v", url, response.StatusCode, text, err)
	}
	if err := json.Unmarshal(text, output); err != nil {
		t.Fatal(err)
	}
}

func goldens(t *testing.T, fill *strings.Replacer) []golden {
	t.Helper()
	paths, err := filepath.Glob("../../events/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []golden
	for _, path := range paths {
		if strings.HasSuffix(path, ".want.json") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		g := golden{function: filepath.Base(filepath.Dir(path)), path: path, raw: []byte(fill.Replace(string(text)))}
		if err := json.Unmarshal(g.raw, &g.event); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, g)
	}
	if len(all) < 20 {
		t.Fatalf("only %d events were found", len(all))
	}
	return all
}

func (g golden) check(t *testing.T, got answer) {
	t.Helper()
	if *updateEvents {
		text, err := json.MarshalIndent(got, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(g.want(), append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(g.want())
	if err != nil {
		t.Fatal(err)
	}
	var want answer
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, want.Body); err != nil {
		t.Fatal(err)
	}
	want.Body = compact.Bytes()
	if diff := cmp.Diff(want, got, cmp.Transformer("text", func(r json.RawMessage) string { return string(r) })); diff != "" {
		t.Errorf("%s: %s", g.path, diff)
	}
}

// Lambda's transport and the local gateway give the same answers to the same requests: those that are written down.
func TestGoldenEvents(t *testing.T) {
	gateway, fill := setting(t)
	handlers := map[string]edge.Handler{}
	for _, row := range routes.Table() {
		if row.Route != nil {
			handlers[row.Spec.Name] = row.Route(gateway.Opened)
		}
	}
	for _, g := range goldens(t, fill) {
		name := g.function + "/" + strings.TrimSuffix(filepath.Base(g.path), ".json")
		handler, known := handlers[g.function]
		if !known {
			t.Fatalf("there is no function %s", g.function)
		}
		t.Run(name+" by event", func(t *testing.T) {
			reply := function.Answer(t.Context(), handler, g.event)
			g.check(t, replied(reply))
		})
		t.Run(name+" by HTTP", func(t *testing.T) { g.check(t, g.overHTTP(t, gateway.URL)) })
	}
}

func (g golden) overHTTP(t *testing.T, url string) answer {
	t.Helper()
	body := []byte(g.event.Body)
	if g.event.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(g.event.Body); err != nil {
			t.Fatal(err)
		}
	}
	target := url + g.event.RawPath
	if g.event.RawQuery != "" {
		target += "?" + g.event.RawQuery
	}
	request, err := http.NewRequestWithContext(t.Context(), g.event.RequestContext.HTTP.Method, target, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range g.event.Headers {
		// What API Gateway has joined was several lines.
		if name == "authorization" {
			for line := range strings.SplitSeq(value, ",") {
				request.Header.Add(name, line)
			}
		} else if name != "host" {
			request.Header.Set(name, value)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return seen(response.StatusCode, response.Header.Get, text)
}

// The binaries that are deployed answer like the handlers in process: built with the same flags, for this machine.
func TestBootstraps(t *testing.T) {
	gateway, fill := setting(t)
	e := gateway.World.Env
	env := []string{"AWS_REGION=" + e.Region, "ZENVAULT_STACK=" + e.Stack, "ZENVAULT_VAULT_TABLE=" + e.VaultTable,
		"ZENVAULT_AUDIT_TABLE=" + e.AuditTable, "ZENVAULT_LIMITS_TABLE=" + e.LimitsTable, "ZENVAULT_EVENT_QUEUE=" + e.EventQueue, "ZENVAULT_TRANSFER_QUEUE=" + e.TransferQueue, "ZENVAULT_DELIVERY_QUEUE=" + e.DeliveryQueue,
		"ZENVAULT_RETRY_QUEUE=" + e.RetryQueue, "ZENVAULT_TOKEN_KEY=" + e.TokenKey, "ZENVAULT_MASTER_KEY=" + e.MasterKey,
		"ZENVAULT_ISSUER=" + e.Issuer, "ZENVAULT_SECOND_FACTOR=optional", "ZENVAULT_FOUR_EYES=optional", "ZENVAULT_SECRETS_DIR=" + e.SecretsDir, "ZENVAULT_AWS_ENDPOINT=" + e.Endpoint}
	events := goldens(t, fill)
	for _, name := range []string{"health-check", "workspace-create", "endpoint-list", "cosign-fireblocks"} {
		t.Run(name, func(t *testing.T) {
			bootstrap := filepath.Join(t.TempDir(), "bootstrap")
			build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags", "lambda.norpc",
				"-o", bootstrap, "../../functions/"+name)
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			running, err := runtimeapi.Start(t.Context(), runtimeapi.Options{Bootstrap: bootstrap, Env: env})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { running.Stop() })
			played := 0
			for _, g := range events {
				if g.function != name {
					continue
				}
				text, err := running.Invoke(t.Context(), g.raw)
				if err != nil {
					t.Fatalf("%s: %v", g.path, err)
				}
				var reply function.Reply
				if err := json.Unmarshal(text, &reply); err != nil {
					t.Fatal(err)
				}
				g.check(t, replied(reply))
				played++
			}
			if played == 0 {
				t.Error("no event was played")
			}
		})
	}
}
