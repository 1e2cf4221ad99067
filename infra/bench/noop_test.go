package bench_test

import (
	"bufio"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
)

// serveNoop makes this binary the server of a benchmark, in a process of its own: what it costs is nobody's.
const serveNoop = "ZENVAULT_BENCH_NOOP"

func TestMain(m *testing.M) {
	if os.Getenv(serveNoop) != "" {
		noop()
		return
	}
	debug.SetGCPercent(deployedGOGC)
	os.Exit(m.Run())
}

// deployedGOGC is what the template sets for functions; the floor runs under it too.
const deployedGOGC = 400

// noop answers every call at once: a BatchGetItem with the body that it was given at /canned, a SendMessageBatch with the
// digests that the SDK checks, all else with an empty object. It ends with its standard input.
func noop() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("http://" + listener.Addr().String())
	var canned atomic.Pointer[[]byte]
	empty := []byte("{}")
	canned.Store(&empty)
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/canned" {
			canned.Store(&body)
			return
		}
		answer := empty
		switch target := r.Header.Get("X-Amz-Target"); {
		case strings.HasSuffix(target, ".BatchGetItem"):
			answer = *canned.Load()
		case strings.HasSuffix(target, ".SendMessageBatch"):
			answer = sent(body)
		}
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		w.Write(answer)
	}))
	io.Copy(io.Discard, os.Stdin)
}

func sent(body []byte) []byte {
	var request struct {
		Entries []struct{ Id, MessageBody string }
	}
	_ = json.Unmarshal(body, &request)
	var answer struct {
		Successful []map[string]string
		Failed     []map[string]string
	}
	for _, e := range request.Entries {
		sum := md5.Sum([]byte(e.MessageBody))
		answer.Successful = append(answer.Successful, map[string]string{"Id": e.Id, "MessageId": e.Id, "MD5OfMessageBody": hex.EncodeToString(sum[:])})
	}
	raw, _ := json.Marshal(answer)
	return raw
}

// startNoop starts the server and gives its URL.
func startNoop(b *testing.B) string {
	b.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), serveNoop+"=1")
	stdin, err := command.StdinPipe()
	must(b, err)
	stdout, err := command.StdoutPipe()
	must(b, err)
	must(b, command.Start())
	b.Cleanup(func() {
		stdin.Close()
		command.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	must(b, err)
	return strings.TrimSpace(line)
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
