package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
)

// serveGateway makes this program the gateway, in a process of its own. Its value is the directory of the state, or inMemory.
const (
	serveGateway = "ZENVAULT_COMPARE_GATEWAY"
	inMemory     = "-"
)

// deployedGOGC is what the template sets for functions.
const deployedGOGC = 400

// started is what the gateway tells of itself.
type started struct{ URL, Password, Secrets string }

// gateway serves every route, without limits of rate and without the workers of the queues, until its standard input ends.
func gateway() error {
	debug.SetGCPercent(deployedGOGC)
	ctx := context.Background()
	dir := os.Getenv(serveGateway)
	if dir == inMemory {
		dir = ""
	}
	g, err := local.Start(ctx, local.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer g.Close()
	password, err := g.Owner(ctx)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(started{g.URL, password.Expose(), g.SecretsDir}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startGateway starts it, and makes a workspace, a policy and a co-signer through its routes.
func startGateway(ctx context.Context, o options, cosigner *simulator.Fireblocks, onDisk bool) (*handler, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	state, name, about := inMemory, "zenvault in memory", "decides by policy, commits decision, audit entry and event together"
	if onDisk {
		if state, err = os.MkdirTemp(o.dir, "state"); err != nil {
			return nil, err
		}
		name, about = "zenvault on disk", about+", synced before it answers"
	}
	command := exec.CommandContext(ctx, self)
	command.Env = append(os.Environ(), serveGateway+"="+state)
	command.Stderr = os.Stderr
	stdin, errIn := command.StdinPipe()
	stdout, errOut := command.StdoutPipe()
	if err := errors.Join(errIn, errOut, command.Start()); err != nil {
		return nil, err
	}
	h := &handler{name: name, about: about, requests: o.requests, process: command.Process,
		stop: func() { stdin.Close(); command.Wait() }}
	if onDisk {
		end := h.stop
		h.stop = func() { end(); os.RemoveAll(state) }
	}
	if err := h.furnish(ctx, stdout, cosigner); err != nil {
		h.stop()
		return nil, err
	}
	return h, nil
}

const policyDocument = `{"rules":[{"id":"eth","effect":"allow","match":{"operation":"TRANSFER","asset":"ETH","destination":{"whitelisted":true}}}],` +
	`"caps":[{"id":"one","match":{},"per":"transaction","asset":"ETH","amount":"1"}]}`

func (h *handler) furnish(ctx context.Context, stdout io.Reader, cosigner *simulator.Fireblocks) error {
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the gateway did not start: %w", err)
	}
	var told started
	if err := json.Unmarshal(line, &told); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(told.Secrets, local.SigningKey))
	if err != nil {
		return err
	}
	if h.answers, err = publicKey(text); err != nil {
		return err
	}
	a := admin{url: told.URL}
	a.token = a.ask(ctx, "POST", "/v1/auth/login", map[string]string{"email": local.OwnerEmail, "password": told.Password}).Token
	workspace := a.ask(ctx, "POST", "/v1/admin/workspaces", map[string]string{"name": "Compare"}).ID
	draft := a.ask(ctx, "PUT", "/v1/admin/workspaces/"+workspace+"/policy/draft", json.RawMessage(policyDocument)).Draft
	a.ask(ctx, "POST", "/v1/admin/workspaces/"+workspace+"/policy/publish", map[string]int64{"draft_version": draft})
	made := a.ask(ctx, "POST", "/v1/admin/cosigners", map[string]any{"name": "Compare", "provider": "fireblocks", "inbound_keys": []string{cosigner.PublicKeyPEM()},
		"response_key": local.SigningKey, "workspaces": []string{workspace}})
	h.workspace = workspace
	h.base = told.URL + made.Path
	h.url = h.base + "/v2/tx_sign_request"
	return a.failed
}

// admin asks routes of the gateway. After a failure it asks no more.
type admin struct {
	url, token string
	failed     error
}

type answer struct {
	ID    string `json:"id"`
	Token string `json:"access_token"`
	Draft int64  `json:"draft_version"`
	Path  string `json:"callback_path"`
}

func (a *admin) ask(ctx context.Context, method, path string, body any) (told answer) {
	if a.failed != nil {
		return told
	}
	raw, err := json.Marshal(body)
	if err != nil {
		a.failed = err
		return told
	}
	request, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(raw))
	if err != nil {
		a.failed = err
		return told
	}
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		a.failed = err
		return told
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %d %s", method, path, response.StatusCode, said)
	}
	if err == nil {
		err = json.Unmarshal(said, &told)
	}
	a.failed = err
	return told
}
