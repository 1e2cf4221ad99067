// Package bench measures the callback's hot path beside what it can't do without, in one run: `make bench`. There is
// nothing in it but benchmarks, which are tests by their form.
package bench
