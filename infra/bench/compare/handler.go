package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zenvault/zenvault/infra/simulator"
)

// handler is one that is measured, in a process of its own.
type handler struct {
	name, about string
	base, url   string
	workspace   string  // that callbacks name; of a peer any
	mark        float64 // how many times its rate the gateway's is to be; 0 is the gateway
	requests    int     // in a round
	tokens      [][]byte
	answers     *rsa.PublicKey
	process     *os.Process
	results     []result
	stop        func()
}

// processors is the processor time that the process has used until now (proc_pid_stat(5): fields 14 and 15, in hundredths of a
// second); 0 where there is no such file.
func (h *handler) processors() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", h.process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// cpu is the median over the rounds.
func (h *handler) cpu() time.Duration {
	var all []time.Duration
	for _, r := range h.results {
		all = append(all, r.cpu)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func (h *handler) rates() []float64 {
	var all []float64
	for _, r := range h.results {
		all = append(all, r.rate)
	}
	return all
}

// middle is the median over the rounds of a quantile.
func (h *handler) middle(quantile float64) time.Duration {
	var all []time.Duration
	for _, r := range h.results {
		all = append(all, r.took[int(quantile*float64(len(r.took)-1))])
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// check wants a verified approval of what is to be approved, and none of what is not.
func (h *handler) check(ctx context.Context, cosigner *simulator.Fireblocks) error {
	cosigner.BaseURL, cosigner.Answers = h.base, h.answers
	over := transaction(h.workspace, "over")
	over.Amount = "1.5"
	for want, tx := range map[string]simulator.Transaction{"APPROVE": transaction(h.workspace, "one"), "REJECT": over} {
		token, err := cosigner.Sign(tx.Payload())
		if err != nil {
			return err
		}
		answer, err := cosigner.Send(ctx, token)
		if err != nil || answer.Action != want || answer.RequestID != tx.RequestID {
			return fmt.Errorf("answered %d %+v, %w, not %s", answer.Status, answer, err, want)
		}
	}
	return nil
}

//go:embed express.js
var expressHandler []byte

//go:embed callback.py
var pythonHandler []byte

// The packages of the peers, at the versions that were measured.
var (
	npmPackages  = []string{"express@5.3.0", "jsonwebtoken@9.0.3"}
	pypiPackages = []string{"fastapi==0.165.0", "uvicorn==0.54.0", "PyJWT==2.15.1", "cryptography==50.0.2"}
)

// startAll starts the gateway, with its state on disk and in memory, and its peers.
func startAll(ctx context.Context, o options, cosigner *simulator.Fireblocks) (all []*handler, err error) {
	for _, onDisk := range []bool{true, false} {
		h, err := startGateway(ctx, o, cosigner, onDisk)
		if err != nil {
			return all, err
		}
		all = append(all, h)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return all, err
	}
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	for name, content := range map[string][]byte{"express.js": expressHandler, "callback.py": pythonHandler, "callback_private.pem": private,
		"cosigner_public.pem": []byte(cosigner.PublicKeyPEM())} {
		if err := os.WriteFile(filepath.Join(o.dir, name), content, 0o600); err != nil {
			return all, err
		}
	}
	python := filepath.Join(o.dir, "venv", "bin", "python")
	for _, p := range []struct {
		handler  handler
		prepare  [][]string
		program  []string
		requests int
	}{
		{handler{name: "Express", about: "one process; stores and audits nothing", mark: markExpress, requests: o.requests},
			[][]string{append([]string{"npm", "install", "--no-audit", "--no-fund", "--prefix", "."}, npmPackages...)}, []string{"node", "express.js"}, o.requests},
		{handler{name: "Python, as the vendor's sample", about: "one process; stores and audits nothing", mark: markPython, requests: o.few},
			[][]string{{"python3", "-m", "venv", "venv"}, append([]string{python, "-m", "pip", "install", "--quiet"}, pypiPackages...)}, []string{python, "callback.py"}, o.few},
	} {
		h := p.handler
		h.answers, h.requests = &key.PublicKey, p.requests
		for _, command := range p.prepare {
			if err := quietly(ctx, o.dir, command); err != nil {
				return all, fmt.Errorf("%s: %w", h.name, err)
			}
		}
		if err := h.start(ctx, o.dir, p.program); err != nil {
			return all, fmt.Errorf("%s: %w", h.name, err)
		}
		all = append(all, &h)
	}
	return all, nil
}

// quietly runs a command and shows what it said only if it fails.
func quietly(ctx context.Context, dir string, words []string) error {
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Dir = dir
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", words, err, said)
	}
	return nil
}

// start starts a peer on a free port and waits until it takes connections.
func (h *handler) start(ctx context.Context, dir string, words []string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	listener.Close()
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Dir, command.Stderr = dir, os.Stderr
	command.Env = append(os.Environ(), "PORT="+port)
	if err := command.Start(); err != nil {
		return err
	}
	h.process = command.Process
	h.stop = func() { command.Process.Kill(); command.Wait() }
	h.base = "http://127.0.0.1:" + port
	h.url = h.base + "/v2/tx_sign_request"
	for range 200 {
		answer, err := http.Get(h.base)
		if err == nil {
			io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	h.stop()
	return fmt.Errorf("%v does not listen", words)
}
