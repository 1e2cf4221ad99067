package password_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/password"
)

// A hash takes as much memory and time whatever is stored: of older parameters, of none that can be read, or of the dummy.
// So a login tells no account from none. (The work is told by the memory that it takes: at three passes, 64 MiB.)
func TestEveryVerificationCostsWhatTheDummyCosts(t *testing.T) {
	v := load(t)
	stored := map[string]string{
		"the dummy": password.Dummy, "m=256, t=2": v.Vectors[2].PHC, "empty": "", "a word": "x",
		"immoderate": strings.Replace(password.Dummy, "m=65536", "m=4294967295", 1),
	}
	for name, text := range stored {
		before := allocated()
		if verify(t, "wrong", text) {
			t.Errorf("%s: verifies", name)
		}
		if took := allocated() - before; took < 63<<20 || took > 67<<20 {
			t.Errorf("%s: %d KiB were taken, want 64 MiB", name, took>>10)
		}
	}
}

// Whatever the stored parameters, those of the work besides make up for what they lack, and no more than one step of it.
func TestRest(t *testing.T) {
	const due = 3 * 65536
	for _, tt := range []struct {
		memory, time, wantMemory uint32 // 0 is no work besides
	}{{65536, 3, 0}, {65536, 4, 0}, {262144, 1, 0}, {65536, 2, 21846}, {19456, 2, 52566}, {256, 2, 65366}, {8, 1, 65534}, {65535, 3, 8}} {
		memory, time := password.Rest(tt.memory, tt.time)
		if memory != tt.wantMemory || tt.memory*tt.time+memory*time < due {
			t.Errorf("m=%d, t=%d: m=%d, t=%d besides, want m=%d", tt.memory, tt.time, memory, time, tt.wantMemory)
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
