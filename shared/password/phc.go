package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

type parameters struct {
	memory uint32 // KiB
	time   uint32 // passes
	lanes  uint8
}

// hash is a PHC string's content (github.com/P-H-C/phc-string-format).
type hash struct {
	parameters
	salt, sum []byte
}

// The bounds of what is read back, checked before anything is hashed: a stored m of 4 GiB would be a memory bomb, and
// x/crypto panics at t=0 and p=0.
const (
	maxMemory = 256 << 10 // KiB
	maxTime   = 16
	maxLanes  = 4
	minSalt   = 8 // bytes, as all of these
	maxSalt   = 64
	minSum    = 16
	maxSum    = 64
	maxPHC    = 256
)

var (
	errForm   = errors.New("not an argon2id PHC string")
	errBounds = errors.New("argon2id parameters out of bounds")
	encoding  = base64.RawStdEncoding.Strict()
)

func (h hash) String() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", h.memory, h.time, h.lanes,
		encoding.EncodeToString(h.salt), encoding.EncodeToString(h.sum))
}

// parse reads exactly what String writes, within the bounds.
func parse(text string) (hash, error) {
	parts := strings.Split(text, "$")
	if len(text) > maxPHC || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return hash{}, errForm
	}
	p, err := parseParameters(parts[3])
	if err != nil {
		return hash{}, err
	}
	salt, errSalt := encoding.DecodeString(parts[4])
	sum, errSum := encoding.DecodeString(parts[5])
	switch {
	case errSalt != nil, errSum != nil, strings.ContainsAny(parts[4]+parts[5], "\r\n"): // the decoder skips line breaks
		return hash{}, errForm
	case len(salt) < minSalt, len(salt) > maxSalt, len(sum) < minSum, len(sum) > maxSum:
		return hash{}, errBounds
	}
	return hash{p, salt, sum}, nil
}

// rest is the work that is still to do after a hash with these parameters until it is as much as one with the current
// ones. Work is the memory filled: the passes over it, times its size.
func (p parameters) rest() (parameters, bool) {
	done, due := uint64(p.memory)*uint64(p.time), uint64(current.memory)*uint64(current.time)
	if done >= due {
		return parameters{}, false
	}
	rest := current
	rest.memory = max(8*uint32(rest.lanes), uint32((due-done+uint64(rest.time)-1)/uint64(rest.time)))
	return rest, true
}

func parseParameters(text string) (parameters, error) {
	var values [3]uint64
	fields := strings.Split(text, ",")
	if len(fields) != len(values) {
		return parameters{}, errForm
	}
	for i, name := range []string{"m=", "t=", "p="} {
		digits, found := strings.CutPrefix(fields[i], name)
		n, err := strconv.ParseUint(digits, 10, 32)
		if !found || err != nil || strconv.FormatUint(n, 10) != digits { // no sign, no leading zero
			return parameters{}, errForm
		}
		values[i] = n
	}
	memory, time, lanes := values[0], values[1], values[2]
	if time < 1 || time > maxTime || lanes < 1 || lanes > maxLanes || memory < 8*lanes || memory > maxMemory {
		return parameters{}, errBounds
	}
	return parameters{uint32(memory), uint32(time), uint8(lanes)}, nil
}
