// Command compare drives callback handlers over HTTP, one after the other in rounds, with callbacks from as many callers: the
// gateway of this machine with its state on disk and in memory, an Express handler, and a Python handler of the shape of the
// vendor's sample. It prints what each answers a second and the ratios: `make compare`. It installs packages of npm and PyPI into
// a directory of its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/zenvault/zenvault/infra/simulator"
)

// The marks that the gateway is to reach (infra/design/performance.md).
const (
	markExpress = 1.5
	markPython  = 30
)

type options struct {
	callers, rounds, requests, few int
	dir                            string
}

func main() {
	if os.Getenv(serveGateway) != "" {
		fail(gateway())
		return
	}
	var o options
	flag.IntVar(&o.callers, "callers", 16, "how many ask at once")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each handler has its turn")
	flag.IntVar(&o.requests, "requests", 2000, "callbacks in a round")
	flag.IntVar(&o.few, "few", 200, "callbacks in a round of the Python handler")
	flag.StringVar(&o.dir, "dir", "", "directory for packages, which are kept; a temporary one by default")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fail(run(ctx, o))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "zenvault-compare")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.dir = dir
	}
	cosigner, err := simulator.NewFireblocks()
	if err != nil {
		return err
	}
	handlers, err := startAll(ctx, o, cosigner)
	defer func() {
		for _, h := range handlers {
			h.stop()
		}
	}()
	if err != nil {
		return err
	}
	for _, h := range handlers {
		if err := h.check(ctx, cosigner); err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
		if h.tokens, err = sign(cosigner, h.workspace, h.requests*(o.rounds+1)); err != nil {
			return err
		}
	}
	for round := range o.rounds + 1 { // the first warms up
		for _, h := range handlers {
			before := h.processors()
			result, err := drive(ctx, h.url, h.tokens[round*h.requests:(round+1)*h.requests], o.callers)
			if err != nil {
				return fmt.Errorf("%s: %w", h.name, err)
			}
			result.cpu = (h.processors() - before) / time.Duration(h.requests)
			if round > 0 {
				h.results = append(h.results, result)
			}
		}
	}
	report(handlers, o)
	return nil
}

// report prints a line for each handler, and the ratios to the first one.
func report(handlers []*handler, o options) {
	fmt.Printf("%d callers, %d rounds, medians\n", o.callers, o.rounds)
	for _, h := range handlers {
		fmt.Printf("  %-31s %6.0f answers/s   p50 %7.2f ms   p99 %7.2f ms   %6.2f ms of processor each   (%s)\n",
			h.name, median(h.rates()), ms(h.middle(0.5)), ms(h.middle(0.99)), ms(h.cpu()), h.about)
	}
	for _, ours := range handlers {
		for _, theirs := range handlers {
			if ours.mark == 0 && theirs.mark > 0 {
				compare(ours, theirs)
			}
		}
	}
}

// compare tells how many times as many answers one gives as the other, round by round: both sides of a round had the same mood
// of the machine.
func compare(ours, theirs *handler) {
	ratios := make([]float64, len(ours.results))
	for i := range ratios {
		ratios[i] = ours.results[i].rate / theirs.results[i].rate
	}
	word := "reached"
	if median(ratios) < theirs.mark {
		word = "NOT reached"
	}
	fmt.Printf("  %s is %.1f times %s: the mark of %.1f is %s (rounds from %.1f to %.1f)\n", ours.name, median(ratios), theirs.name, theirs.mark, word, slices.Min(ratios), slices.Max(ratios))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}
