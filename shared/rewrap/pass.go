package rewrap

import (
	"context"
	"slices"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
)

const (
	defaultLimit = 2000
	maxLimit     = 100_000
	pageSize     = 100             // records or owners, as one read takes
	spare        = 5 * time.Second // before the function would be ended, so that the answer gets out
	maxFailures  = 20              // named in an answer
	maxWaiting   = 100             // named in an answer
	maxText      = 256             // bytes of a position's text, far above any key
)

// Rewrap looks at the next records of a pass and seals anew what is under an older key. It fails with ErrLimit, ErrFrom,
// ErrKeysChanged or the database's fault; what was sealed anew until then stays so, and the same call goes on.
func (s Service) Rewrap(ctx context.Context, who caller.Caller, in Input) (Progress, error) {
	p, err := s.begin(who, in)
	if err != nil {
		return Progress{}, err
	}
	finished, err := p.run(ctx)
	if err != nil {
		return Progress{}, err
	}
	return p.progress(finished), nil
}

// pass is one run of it.
type pass struct {
	Service
	who    caller.Caller
	now    time.Time
	at     Position
	budget int

	failed  []Failure
	waiting []Waiting
}

func (s Service) begin(who caller.Caller, in Input) (*pass, error) {
	p := &pass{Service: s, who: who, now: s.Ledger.Now(), budget: in.Limit}
	if in.Limit == 0 {
		p.budget = defaultLimit
	}
	if p.budget < 1 || p.budget > maxLimit {
		return nil, ErrLimit
	}
	if in.From == nil {
		p.at = Position{Newest: s.Keys.IDs()[0], Kind: s.Kinds[0].Name}
		return p, nil
	}
	p.at = *in.From
	p.at.Counts = slices.Clone(in.From.Counts)
	if p.at.Newest != s.Keys.IDs()[0] {
		return nil, ErrKeysChanged
	}
	if !s.knows(p.at) {
		return nil, ErrFrom
	}
	return p, nil
}

// knows checks a position as far as that can be: an edited one makes the counts of who edited it wrong, and nothing else.
func (s Service) knows(at Position) bool {
	if s.kind(at.Kind) < 0 || at.Owner == "" && at.After != "" || len(at.Owner) > maxText || len(at.After) > maxText {
		return false
	}
	return !slices.ContainsFunc(at.Counts, func(c Count) bool {
		return s.kind(c.Kind) < 0 || c.Key == "" || c.Done < 0 || c.Left < 0
	})
}

func (s Service) kind(name string) int {
	return slices.IndexFunc(s.Kinds, func(k Kind) bool { return k.Name == name })
}

// run goes on until all is looked at, or the run's work is done.
func (p *pass) run(ctx context.Context) (finished bool, err error) {
	for i, kind := range p.Kinds[p.kind(p.at.Kind):] {
		if i > 0 {
			p.at.Kind, p.at.Owner, p.at.After = kind.Name, "", ""
		}
		if finished, err := p.owners(ctx, kind); err != nil || !finished {
			return false, err
		}
	}
	return true, nil
}

// owners goes through those who have records of a kind. The directory may be a second behind: who is missing in it was
// made in that second, by functions that seal with the newest key.
func (p *pass) owners(ctx context.Context, k Kind) (finished bool, err error) {
	if p.at.Owner != "" { // where the run before stopped
		if finished, err := p.records(ctx, k); err != nil || !finished {
			return false, err
		}
	}
	for {
		page, err := p.Ledger.Query(ctx, ledger.Query{Index: ledger.Directory, Partition: k.Owners, After: p.at.Owner, Limit: pageSize})
		if err != nil {
			return false, err
		}
		for _, item := range page.Items {
			p.at.Owner, p.at.After = item.Read().Text("dir_sk"), ""
			if finished, err := p.records(ctx, k); err != nil || !finished {
				return false, err
			}
		}
		if !page.More {
			return true, nil
		}
	}
}

// records goes through those of one owner.
func (p *pass) records(ctx context.Context, k Kind) (finished bool, err error) {
	q := k.Records(p.at.Owner)
	sort := "sk"
	if q.Index == ledger.Directory {
		sort = "dir_sk"
	}
	for {
		if p.spent(ctx) {
			return false, nil
		}
		q.After, q.Limit = p.at.After, min(pageSize, p.budget)
		page, err := p.Ledger.Query(ctx, q)
		if err != nil {
			return false, err
		}
		for _, item := range page.Items {
			if p.spent(ctx) {
				return false, nil
			}
			if err := p.look(ctx, k, item); err != nil {
				return false, err
			}
			p.at.After, p.budget = item.Read().Text(sort), p.budget-1
		}
		if len(page.Items) == 0 {
			p.budget-- // it was a read all the same
		}
		if !page.More {
			return true, nil
		}
	}
}

// spent reports whether the run's work is done: so many records, or its time.
func (p *pass) spent(ctx context.Context) bool {
	end, limited := ctx.Deadline()
	return p.budget <= 0 || limited && time.Until(end) < spare
}

func (p *pass) look(ctx context.Context, k Kind, item ledger.Item) error {
	if k.Uses == nil {
		return p.reseal(ctx, k, item)
	}
	for _, key := range slices.Compact(slices.Sorted(slices.Values(k.Uses(item, p.now)))) {
		if key != "" && key != p.at.Newest {
			p.count(key, k.Name, 0, 1)
			p.wait(Waiting{key, k.Name, p.at.Owner, p.at.Owner}, item)
		}
	}
	return nil
}

func (p *pass) wait(w Waiting, item ledger.Item) {
	if id, named := item["id"].(string); named {
		w.Record = id
	}
	if len(p.waiting) < maxWaiting {
		p.waiting = append(p.waiting, w)
	}
}

func (p *pass) count(key, kind string, done, left int) {
	i := slices.IndexFunc(p.at.Counts, func(c Count) bool { return c.Key == key && c.Kind == kind })
	if i < 0 {
		i, p.at.Counts = len(p.at.Counts), append(p.at.Counts, Count{Key: key, Kind: kind})
	}
	p.at.Counts[i].Done += done
	p.at.Counts[i].Left += left
}

func (p *pass) progress(finished bool) Progress {
	out := Progress{Counts: []Count{}, Failed: p.failed, Waiting: p.waiting}
	for i, id := range p.Keys.IDs() {
		out.Keys = append(out.Keys, Key{id, p.Keys.WrappedIDs()[i]})
	}
	found := map[string]bool{}
	for _, c := range p.at.Counts {
		out.Done, out.Left, found[c.Key] = out.Done+c.Done, out.Left+c.Left, true
		out.Counts = append(out.Counts, c)
	}
	if !finished {
		out.Next = &p.at
		if p.at.Counts == nil {
			p.at.Counts = []Count{}
		}
		return out
	}
	for _, id := range p.Keys.IDs()[1:] {
		if !found[id] {
			out.Retire = append(out.Retire, id)
		}
	}
	return out
}
