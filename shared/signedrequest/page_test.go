package signedrequest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/signedrequest"
)

// page is the fenced blocks of the design page, by their language.
func page(t testing.TB) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../infra/design/signed-requests.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string][]string{}
	for _, match := range regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		blocks[match[1]] = append(blocks[match[1]], match[2])
	}
	for language, want := range map[string]int{"pem": 2, "sh": 1, "json": 1, "jwt": 1} {
		if len(blocks[language]) != want {
			t.Fatalf("the page has %d blocks of %s, want %d", len(blocks[language]), language, want)
		}
	}
	return blocks
}

// example is the request of the page.
var example = signedrequest.Request{Method: "POST", Path: "/v1/webhook-endpoints",
	Body: []byte(`{"url":"https://program.example.com/hooks","events":["decision.*"]}`)}

const (
	vault = "https://vault.example.com"
	keyID = "key_01jd0000000000000000000001"
)

var now = time.Unix(1795521600, 0)

// The page's token verifies with the page's public key, for the page's request.
func TestPageVerifies(t *testing.T) {
	blocks := page(t)
	public, err := signedrequest.ParsePublicKey(blocks["pem"][1])
	if err != nil {
		t.Fatal(err)
	}
	if public.PEM() != blocks["pem"][1] {
		t.Errorf("the key is written as\n%s", public.PEM())
	}
	verifier := signedrequest.Verifier{Vault: vault, Key: keyID, With: public}
	claims, err := verifier.Verify(strings.TrimSpace(blocks["jwt"][0]), example, now)
	if err != nil {
		t.Fatal(err)
	}
	want := signedrequest.Claims{Method: "POST", Path: "/v1/webhook-endpoints",
		Body:  "e2d7e12fd3dd9acab276d6914809cca41836d3a88d5a7c7566619e2981894d14",
		Nonce: "5f0c1d0e2b3a49586776859493a2b1c0", Issued: 1795521600, Expires: 1795521630, Key: keyID, Vault: vault}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

// Signing the page's claims with the page's private key gives the page's token, byte for byte.
func TestPageSigns(t *testing.T) {
	blocks := page(t)
	signer, err := signedrequest.NewSigner(secret.NewText(blocks["pem"][0]))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(blocks["pem"][1], signer.Public().PEM()); diff != "" {
		t.Errorf("public key (-want +got):\n%s", diff)
	}
	head, body := `{"alg":"EdDSA","typ":"zenvault-request+jwt"}`, strings.TrimSuffix(blocks["json"][0], "\n")
	got, err := signedrequest.SignText(signer, encode(head)+"."+encode(body))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(blocks["jwt"][0]), got); diff != "" {
		t.Errorf("token (-want +got):\n%s", diff)
	}
}

// The page's commands, run as they stand with the page's nonce and time, make the page's token.
func TestPageRuns(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Logf("THE COMMANDS OF infra/design/signed-requests.md WERE NOT RUN: %v", err)
		return
	}
	blocks, dir := page(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "private.pem"), []byte(blocks["pem"][0]), 0o600); err != nil {
		t.Fatal(err)
	}
	script := blocks["sh"][0]
	for old, fixed := range map[string]string{"NONCE=$(openssl rand -hex 16)": "NONCE=5f0c1d0e2b3a49586776859493a2b1c0", "NOW=$(date +%s)": "NOW=1795521600",
		`curl -s "$URL$TARGET"`: `printf '%s\n' "$URL$TARGET"`} { // printf shows each argument that curl would get
		if strings.Count(script, old) != 1 {
			t.Fatalf("the page does not say %s once", old)
		}
		script = strings.Replace(script, old, fixed, 1)
	}
	run := exec.CommandContext(t.Context(), "sh", "-eu", "-c", script)
	run.Dir = dir
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := []string{"https://vault.example.com/v1/webhook-endpoints", "-X", "POST", "-H", "Authorization: Bearer zv_live_…", "-H",
		"Zenvault-Signature: " + strings.TrimSpace(blocks["jwt"][0]), "-H", "Content-Type: application/json", "--data-binary", string(example.Body)}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(string(out)), "\n")); diff != "" {
		t.Errorf("what curl gets (-want +got):\n%s", diff)
	}
}
