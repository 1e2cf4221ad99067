package bench_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"io"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"time"
)

// BenchmarkDecision is a whole decision, from the request at the edge to its response, beside its floor: one RS256
// verification, two bare HTTP POSTs of the same bodies to the same server, one RS256 signature. Both take turns, so that
// what else the machine does falls on both. The ratio is of the medians; it is to be at most 1.3.
func BenchmarkDecision(b *testing.B) {
	for about, announce := range map[string]bool{"silent": false, "announced": true} {
		b.Run(about, func(b *testing.B) {
			s := newStage(b, announce)
			client := &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
			sum := sha256.Sum256(s.request.Body)
			signature, err := rsa.SignPKCS1v15(nil, s.theirs, crypto.SHA256, sum[:])
			must(b, err)
			floor := func() {
				if err := rsa.VerifyPKCS1v15(&s.theirs.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
					b.Fatal(err)
				}
				post(b, client, s.server, "DynamoDB_20120810.BatchGetItem", s.read)
				post(b, client, s.server, "DynamoDB_20120810.TransactWriteItems", s.write)
				if _, err := rsa.SignPKCS1v15(nil, s.ours, crypto.SHA256, sum[:]); err != nil {
					b.Fatal(err)
				}
			}
			decision := func() {
				if answer := s.handler(b.Context(), s.request); answer.Status != http.StatusOK {
					b.Fatalf("%d %s", answer.Status, answer.Body)
				}
			}
			inTurns(b, floor, decision).report(b, "floor", "decision")
		})
	}
}

func post(b *testing.B, client *http.Client, to, target string, body []byte) {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", target)
	answer, err := client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		b.Fatal(err)
	}
}

// turns are the times of two things that took turns: by the clock, and of this process's processors.
type turns struct{ ones, others, cpuOnes, cpuOthers []time.Duration }

// inTurns times two things one after the other, each of them first every other time.
func inTurns(b *testing.B, one, other func()) turns {
	var t turns
	for i := 0; b.Loop(); i++ {
		if i%2 == 1 {
			t.others, t.cpuOthers = timed(other, t.others, t.cpuOthers)
		}
		t.ones, t.cpuOnes = timed(one, t.ones, t.cpuOnes)
		if i%2 == 0 {
			t.others, t.cpuOthers = timed(other, t.others, t.cpuOthers)
		}
	}
	return t
}

func timed(f func(), wall, cpu []time.Duration) (wallNow, cpuNow []time.Duration) {
	used, start := processors(), time.Now()
	f()
	return append(wall, time.Since(start)), append(cpu, processors()-used)
}

// processors is the processor time that this process has used: what else the machine does is not in it.
func processors() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// report tells the medians and their ratio, and the ratio of processor time, which holds on a busy machine too.
func (t turns) report(b *testing.B, one, other string) {
	b.ReportMetric(micros(t.ones), one+"-µs")
	b.ReportMetric(micros(t.others), other+"-µs")
	b.ReportMetric(micros(t.others)/micros(t.ones), "ratio")
	if len(t.cpuOnes) > 0 {
		b.ReportMetric(micros(t.cpuOthers)/micros(t.cpuOnes), "cpu-ratio")
	}
	b.ReportMetric(0, "ns/op") // of both together: says nothing
}

// micros is the median in microseconds.
func micros(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Nanoseconds()) / 1000
}
