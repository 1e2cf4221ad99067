package bench_test

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/password"
	"github.com/zenvault/zenvault/shared/secret"
)

// deployedMemory is the template's GOMEMLIMIT, in bytes.
const deployedMemory = 400 << 20

// BenchmarkHash is one argon2id hash as login makes it, alone and several at once, under the collector's settings of a
// deployment: the processor time of one, the median time that a caller waits, how many a second come out, and by how much
// the process grew at most. No more are made at once than there are cores; a Lambda function gets one request at a time.
func BenchmarkHash(b *testing.B) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(deployedMemory))
	plain, stored := secret.NewText("correct horse battery staple"), secret.NewText(password.Dummy)
	for _, atOnce := range []int{1, 2, 8} {
		b.Run(fmt.Sprintf("%d at once", atOnce), func(b *testing.B) {
			before := forgetPeak(b)
			var all []time.Duration
			var mutex sync.Mutex
			used, start := processors(), time.Now()
			for b.Loop() {
				var callers sync.WaitGroup
				for range atOnce {
					callers.Go(func() {
						from := time.Now()
						if _, err := (password.Argon2id{}).Verify(b.Context(), plain, stored); err != nil {
							b.Error(err)
						}
						mutex.Lock()
						defer mutex.Unlock()
						all = append(all, time.Since(from))
					})
				}
				callers.Wait()
			}
			b.ReportMetric(float64(len(all))/time.Since(start).Seconds(), "hashes/s")
			b.ReportMetric((processors()-used).Seconds()*1000/float64(len(all)), "cpu-ms/hash")
			b.ReportMetric(micros(all)/1000, "ms/hash")
			b.ReportMetric(resident(b, "VmHWM")-before, "peak-MiB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// forgetPeak gives unused memory back to the system, starts the peak anew, and tells what is in use.
func forgetPeak(b *testing.B) float64 {
	b.Helper()
	debug.FreeOSMemory()
	must(b, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)) // proc_pid_clear_refs(5)
	return resident(b, "VmHWM")
}

// resident is a line of the process's status, in MiB.
func resident(b *testing.B, name string) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	must(b, err)
	_, after, _ := strings.Cut(string(status), name+":")
	kib, err := strconv.Atoi(strings.Fields(after)[0])
	must(b, err)
	return float64(kib) / 1024
}
