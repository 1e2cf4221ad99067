package local_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
)

// What the provider makes of a transaction becomes the transfer's end, which is never left: whatever it says later.
func TestClaim_T2_ProvidersWordIsTheEndAndStaysIt(t *testing.T) {
	d := newDesk(t, local.Options{})
	for status, want := range map[string]string{"COMPLETED": "completed", "FAILED": "failed", "REJECTED": "rejected", "BLOCKED": "rejected", "CANCELLED": "cancelled"} {
		d.api.Script()
		made := d.ordered(t, newName("end"))
		d.advance(t, made.ID)
		tx := d.in(t, made.ID, "submitted").Provider.Transaction
		d.api.Move(tx, status, "WHY")
		end := d.until(t, made.ID, want)
		if end.Provider.Status != status || end.Provider.Reason != "WHY" {
			t.Errorf("%s: %+v", status, end)
		}
		d.advance(t, made.ID) // gives back what was reserved
		before, calls := d.dump(t), d.api.Calls(simulator.OpStatus)
		d.api.Move(tx, "BROADCASTING", "")
		for range 3 {
			d.clock.step(time.Hour)
			d.advance(t, made.ID)
			if _, err := d.Task(t.Context(), "transfer-sweep", nil); err != nil {
				t.Fatal(err)
			}
			must(t, d.work(t, "TransferQueue", d.World.Env.TransferQueue))
		}
		unchanged(t, status, before, d.dump(t))
		if d.api.Calls(simulator.OpStatus) != calls {
			t.Errorf("%s: the provider was asked about a transfer that is over", status)
		}
	}
}

// What the provider says can never be made fails with its code. What may pass is tried for an hour, and then the transfer
// fails only if the provider says that there is no transaction: while it says nothing, nobody is told that there is none.
func TestClaim_T2_FailsOnlyWhenNothingWasMade(t *testing.T) {
	d := newDesk(t, local.Options{})
	t.Run("refused for good", func(t *testing.T) {
		d.api.Trouble(simulator.OpSubmit, simulator.Effect{Kind: simulator.Invalid})
		made := d.ordered(t, newName("invalid"))
		d.advance(t, made.ID)
		if got := d.in(t, made.ID, "failed"); got.Problem.Code != "1503" || got.Problem.Message != "The asset is not supported" {
			t.Errorf("failed with %+v", got.Problem)
		}
	})
	t.Run("refused as a repeat of what was made", func(t *testing.T) {
		made := d.ordered(t, newName("repeat"))
		first := simulator.Effect{Kind: simulator.Late, Hold: make(chan struct{}), Seen: make(chan struct{})}
		second := simulator.Effect{Kind: simulator.Late, Hold: make(chan struct{}), Seen: make(chan struct{})}
		d.api.Trouble(simulator.OpSubmit, first, second)
		var one, two sync.WaitGroup
		one.Go(func() { d.advance(t, made.ID) })
		<-first.Seen
		d.clock.step(61 * time.Second) // its lease ends while its call is on the way
		two.Go(func() { d.advance(t, made.ID) })
		<-second.Seen // the second one was told that there is none
		close(first.Hold)
		one.Wait()
		close(second.Hold)
		two.Wait()
		d.in(t, made.ID, "submitted")
		d.once(t, made)
	})
	t.Run("slower than its lease", func(t *testing.T) {
		made := d.ordered(t, newName("late"))
		late := simulator.Effect{Kind: simulator.Late, Hold: make(chan struct{}), Seen: make(chan struct{})}
		d.api.Trouble(simulator.OpSubmit, late)
		var slow sync.WaitGroup
		slow.Go(func() { d.advance(t, made.ID) }) // its call waits on the way
		<-late.Seen
		d.clock.step(61 * time.Second) // its lease ends
		d.api.Trouble(simulator.OpFind, simulator.Effect{Kind: simulator.Broken})
		d.advance(t, made.ID) // another one can't find out, and orders nothing
		if n := len(d.api.Orders(made.Reference)); n != 0 {
			t.Errorf("%d transactions were made without knowing", n)
		}
		close(late.Hold)
		slow.Wait()
		d.clock.step(20 * time.Second)
		d.advance(t, made.ID)
		d.in(t, made.ID, "submitted")
		d.once(t, made)
	})
	t.Run("passing for an hour", func(t *testing.T) {
		made := d.ordered(t, newName("busy"))
		for range 100 {
			d.api.Trouble(simulator.OpSubmit, simulator.Effect{Kind: simulator.TooMany})
		}
		calls := d.api.Calls(simulator.OpSubmit)
		end := d.until(t, made.ID, "failed")
		if n := d.api.Calls(simulator.OpSubmit) - calls; end.Problem.Code != "429" || n < 6 || n > 15 {
			t.Errorf("failed with %+v after %d attempts", end.Problem, n)
		}
		d.api.Calm()
	})
	t.Run("silent", func(t *testing.T) {
		made := d.ordered(t, newName("silent"))
		d.api.Trouble(simulator.OpSubmit, simulator.Effect{Kind: simulator.LostReply})
		for range 100 {
			d.api.Trouble(simulator.OpFind, simulator.Effect{Kind: simulator.LostRequest})
		}
		for range 150 {
			d.clock.step(time.Minute)
			d.advance(t, made.ID)
		}
		d.in(t, made.ID, "submitting")
		d.api.Calm()
		d.until(t, made.ID, "submitted")
		d.once(t, made)
	})
	t.Run("not there after an hour", func(t *testing.T) {
		made := d.ordered(t, newName("never"))
		d.clock.step(61 * time.Minute)
		d.advance(t, made.ID)
		if got := d.in(t, made.ID, "failed"); got.Problem.Code != "submission_expired" || len(d.api.Orders(made.Reference)) != 0 {
			t.Errorf("failed with %+v", got.Problem)
		}
	})
	t.Run("somebody else's under its name", func(t *testing.T) {
		made := d.ordered(t, newName("taken"))
		other := transferBody(d.connection)
		other["amount"] = "99"
		d.api.Plant(d.apiUser, made.Reference, "ETH", "99")
		d.advance(t, made.ID)
		if got := d.in(t, made.ID, "failed"); got.Problem.Code != "reference_taken" {
			t.Errorf("failed with %+v", got.Problem)
		}
	})
	d.dump(t).verify(t)
}

// An API user that was exchanged while it was open what the one before had ordered is believed in what it finds, and not in
// what it does not: that may be where it can't look.
func TestClaim_T2_AnotherAPIUserOrdersNothingAgain(t *testing.T) {
	d := newDesk(t, local.Options{})
	made := d.ordered(t, newName("moved"))
	d.api.Trouble(simulator.OpSubmit, simulator.Effect{Kind: simulator.LostReply})
	d.advance(t, made.ID)
	d.api.Admit("another-user", &providerKey().PublicKey, nil)
	d.want(t, 200, d.admin("PATCH", "/v1/admin/workspaces/"+d.home+"/connections/"+d.connection, `{"api_key":"another-user"}`))
	for range 100 {
		d.clock.step(time.Minute)
		d.advance(t, made.ID)
	}
	if got := d.in(t, made.ID, "submitting"); got.Problem.Code != "api_user_changed" {
		t.Errorf("%+v", got)
	}
	d.once(t, made)
}

// A cancellation ends what the provider has not heard of. What it may have heard of it is asked to cancel, and the state
// follows what it answers.
func TestClaim_T2_CancellationFollowsTheProvider(t *testing.T) {
	d := newDesk(t, local.Options{})
	state := func(r reply) string {
		var m moved
		r.decode(t, &m)
		return fmt.Sprint(r.status, " ", m.State, m.CancelAt > 0)
	}
	t.Run("not ordered", func(t *testing.T) {
		made := d.ordered(t, newName("cancel"))
		for range 2 {
			if got := state(d.cancel(t, made.ID)); got != "202 cancelledtrue" {
				t.Errorf("got %s", got)
			}
		}
		d.advance(t, made.ID)
		if n := len(d.api.Orders(made.Reference)); n != 0 {
			t.Errorf("%d transactions of a cancelled transfer", n)
		}
	})
	t.Run("ordered", func(t *testing.T) {
		made := d.ordered(t, newName("cancel"))
		d.advance(t, made.ID)
		if got := state(d.cancel(t, made.ID)); got != "202 submittedtrue" {
			t.Errorf("got %s", got)
		}
		d.advance(t, made.ID)
		if got := d.in(t, made.ID, "cancelled"); got.Provider.Status != "CANCELLED" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("too late", func(t *testing.T) {
		made := d.ordered(t, newName("cancel"))
		d.advance(t, made.ID)
		tx := d.in(t, made.ID, "submitted").Provider.Transaction
		d.api.Move(tx, "CONFIRMING", "")
		d.cancel(t, made.ID)
		d.advance(t, made.ID)
		d.in(t, made.ID, "submitted")
		d.api.Move(tx, "COMPLETED", "")
		d.until(t, made.ID, "completed")
		if got := d.cancel(t, made.ID); got.status != 409 || got.code() != "transfer_ended" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("while it is ordered", func(t *testing.T) {
		made := d.ordered(t, newName("cancel"))
		late := simulator.Effect{Kind: simulator.Late, Hold: make(chan struct{}), Seen: make(chan struct{})}
		d.api.Trouble(simulator.OpSubmit, late)
		var worker sync.WaitGroup
		worker.Go(func() { d.advance(t, made.ID) })
		<-late.Seen
		if got := state(d.cancel(t, made.ID)); got != "202 submittingtrue" {
			t.Errorf("got %s", got)
		}
		d.advance(t, made.ID) // nobody else begins because of it
		close(late.Hold)
		worker.Wait()
		d.once(t, made)
		d.clock.step(10 * time.Second)
		d.advance(t, made.ID)
		d.in(t, made.ID, "cancelled")
	})
	t.Run("while it is open", func(t *testing.T) {
		for _, effect := range []string{simulator.LostRequest, simulator.LostReply} {
			made := d.ordered(t, newName("cancel"))
			d.api.Trouble(simulator.OpSubmit, simulator.Effect{Kind: effect})
			d.advance(t, made.ID)
			d.cancel(t, made.ID)
			d.until(t, made.ID, "cancelled")
			if orders := d.api.Orders(made.Reference); effect == simulator.LostRequest && len(orders) != 0 || len(orders) == 1 && orders[0].Status != "CANCELLED" {
				t.Errorf("%s: %+v", effect, orders)
			}
		}
	})
	d.dump(t).verify(t)
}

// Cancellations and workers at once: what is cancelled is not ordered, or cancelled at the provider too; each chain is whole.
func TestClaim_T2_CancellationRaces(t *testing.T) {
	d := newDesk(t, local.Options{})
	seen := map[string]int{}
	for range 12 {
		made := d.ordered(t, newName("race"))
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				if err := d.look(t, made.ID); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if got := d.cancel(t, made.ID); got.status != 202 && got.status != 503 {
					t.Errorf("%d %s", got.status, got.body)
				}
			})
		}
		all.Wait()
		end := d.until(t, made.ID, "cancelled")
		orders := d.api.Orders(made.Reference)
		seen[fmt.Sprint(len(orders))]++
		if len(orders) > 1 || len(orders) == 1 && (orders[0].Status != "CANCELLED" || end.Provider.Transaction == "") {
			t.Errorf("%+v, %+v", end, orders)
		}
	}
	t.Log("transactions at the provider, how often:", seen)
	d.dump(t).verify(t)
}

// While a workspace's transfers go through the co-signer too, its policy decides: inside it they complete, above a cap they
// end as rejected.
func TestTransferThroughTheCosigner(t *testing.T) {
	d := newDesk(t, local.Options{Now: time.Now})
	d.admitUser(t, d.provider)
	for amount, want := range map[string]string{"0.25": "COMPLETED", "1.5": "REJECTED"} {
		body := transferBody(d.connection)
		body["amount"] = amount
		var made moved
		d.want(t, 201, request{method: "POST", path: "/v1/transfers", token: d.homeKey.Token, body: marshal(body), once: newName("policy")}).decode(t, &made)
		d.advance(t, made.ID)
		d.api.Settled()
		if o := d.once(t, made); o.Status != want {
			t.Errorf("%s: %+v", amount, o)
		}
	}
	if refused := strings.Join(d.api.Refused(), ", "); refused != "" {
		t.Errorf("not believed: %s", refused)
	}
}
