package policy

import (
	"time"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signing"
)

// State is how much of its caps over time is used up when a request is judged, by span, and what the request holds of them
// already from an earlier stage.
type State struct {
	used map[string]Usage
	held reservation
}

// settlement is the end of an opinion: the verdict, and what has to be written with it.
type settlement struct {
	verdict signing.Verdict
	used    map[ledger.Key]Usage // that changed
	held    reservation
}

// settle holds an opinion that would approve against the caps over time. If all hold, what the request uses up is counted;
// if one does not, nothing is.
//
// What an earlier stage of the request has reserved is moved to now rather than counted again: a signature released now
// leaves the window no sooner than one that was never asked about before.
func (o Opinion) settle(q signing.Question, s State) settlement {
	if s.held.returned {
		return settlement{verdict: signing.Verdict{Reason: signing.Ended}}
	}
	end := settlement{verdict: o.Verdict, used: map[ledger.Key]Usage{}, held: s.held}
	end.held.workspace, end.held.txID = q.Workspace, q.TxID
	var exceeded []string
	for _, spend := range o.Spends {
		spent, fits := end.count(q, s, spend)
		end.verdict.Spent = append(end.verdict.Spent, spent)
		if !fits {
			exceeded = append(exceeded, spend.Cap.ID)
		}
	}
	if len(exceeded) > 0 {
		return end.exceeding(exceeded)
	}
	return end
}

// count counts one spend, and reports whether the cap holds.
func (end *settlement) count(q signing.Question, s State, spend Spend) (signing.Spent, bool) {
	c, used := spend.Cap, s.used[spend.Cap.span()]
	earlier, holds := s.held.find(c)
	if holds {
		used = used.giveBack(earlier.value, earlier.bucket)
	}
	before := used.At(c, q.At)
	after := before.Add(spend.Value)
	spent := signing.Spent{Cap: c.ID, Unit: c.unit(), Value: spend.Value, Before: before, After: after, Limit: c.limit()}
	now := hold{c.span(), spend.Value, c.bucket(q.At)}
	if !holds || earlier != now {
		end.used[usageKey(q.Workspace, c)] = used.add(c, spend.Value, q.At)
		end.held = end.held.with(now)
	}
	return spent, after.Compare(c.limit()) <= 0
}

// exceeding is the rejection, which uses up nothing.
func (end settlement) exceeding(caps []string) settlement {
	v := signing.Verdict{Reason: signing.CapExceeded, Rules: end.verdict.Rules, Caps: unique(caps), Spent: end.verdict.Spent}
	for i := range v.Spent {
		v.Spent[i].After = v.Spent[i].Before
	}
	return settlement{verdict: v}
}

// writes are what belongs into the decision's transaction. What was reserved before must still be when it is relied on.
func (end settlement) writes() []ledger.Write {
	switch {
	case len(end.used) == 0 && end.held.turn == 0:
		return nil
	case len(end.used) == 0:
		return []ledger.Write{{Key: end.held.key, Check: true, If: end.held.unmoved(), Else: errUsageMoved}}
	}
	writes := []ledger.Write{end.held.write()}
	for key, u := range end.used {
		writes = append(writes, u.write(key))
	}
	return writes
}

// Evaluate judges a request with the usage of its caps as it stands. It depends on nothing but its arguments.
func Evaluate(s *Snapshot, r signing.Request, at time.Time, used State) signing.Verdict {
	o := Consider(s, r, at)
	if !o.Verdict.Approve {
		return o.Verdict
	}
	return o.settle(signing.Question{Request: r, At: at}, used).verdict
}
