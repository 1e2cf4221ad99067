package limit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Class is a sort of requests: each caller has a count in each.
type Class string

// The classes, a closed set.
const (
	Auth            Class = "auth"            // proofs of who somebody is: fails closed
	Public          Class = "public"          // what everybody may read
	Read            Class = "read"            // of an admin or a workspace
	Write           Class = "write"           // of an admin or a workspace
	Unauthenticated Class = "unauthenticated" // credentials that were not good
)

// Rate is a number of requests in a period: at once, or spread over it.
type Rate struct {
	Count  int64
	Period time.Duration // whole seconds
}

// Rates are the rate of every class.
type Rates map[Class]Rate

// Defaults is the table of rates where the stack names no other; template.yaml says the same.
const Defaults = "auth=20/60s,public=120/60s,read=600/60s,unauthenticated=30/60s,write=120/60s"

// DefaultRates are those of Defaults.
func DefaultRates() Rates {
	rates := Rates{}
	if err := rates.read(Defaults); err != nil {
		panic(err)
	}
	return rates
}

// The bounds of a rate.
const (
	maxCount   = 1_000_000
	maxSeconds = 3600
)

// ParseRates reads "class=count/seconds" pairs, such as "auth=20/60s,read=600/60s". A class that is not named keeps its
// default; a class that is not known, or named twice, is an error, and so is anything that is not written in this one way.
func ParseRates(text string) (Rates, error) {
	rates := DefaultRates()
	if text == "" {
		return rates, nil
	}
	return rates, rates.read(text)
}

func (r Rates) read(text string) error {
	named := map[Class]bool{}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(pair, "=")
		rate, ok := parseRate(value)
		switch class := Class(name); {
		case !class.known():
			return fmt.Errorf("rate limits: %q is no class; the classes are auth, public, read, unauthenticated, write", name)
		case !ok:
			return fmt.Errorf("rate limits: %q is not class=count/seconds, such as %s=20/60s, with up to %d requests in up to %ds", pair, name, maxCount, maxSeconds)
		case named[class]:
			return fmt.Errorf("rate limits: the class %q is there twice", name)
		default:
			named[class], r[class] = true, rate
		}
	}
	return nil
}

func (c Class) known() bool {
	switch c {
	case Auth, Public, Read, Write, Unauthenticated:
		return true
	}
	return false
}

func parseRate(text string) (Rate, bool) {
	left, right, _ := strings.Cut(text, "/")
	right, inSeconds := strings.CutSuffix(right, "s")
	count, okCount := natural(left, maxCount)
	seconds, okSeconds := natural(right, maxSeconds)
	return Rate{count, time.Duration(seconds) * time.Second}, inSeconds && okCount && okSeconds
}

// natural reads a number from 1 to highest, in the one way to write it.
func natural(text string, highest int64) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 1 && n <= highest && strconv.FormatInt(n, 10) == text
}
