package cosign

import (
	"fmt"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Decision is what a request was answered, for good: under the same cosigner, external id and kind there is never
// another. It has no end, since a provider's signed request has none either.
type Decision struct {
	Cosigner    string
	Provider    string
	ExternalID  string
	Kind        string
	TxID        string    // the provider's transaction
	Workspace   tenant.ID // zero where the request belongs to none that the cosigner serves
	Ref         string    // the customer's reference as sent
	Request     signing.Request
	Verdict     signing.Verdict
	Action      signing.Action // what the verdict comes to: Approve, Reject or Ignore
	Digest      string         // of the request; see signing.Callback
	Claims      []byte         // what the answer signs; the same key makes the same answer of it
	ResponseKey string         // the reference of that very key
	DecidedAt   time.Time
}

// decisionKey is the dedupe key: (provider, external id, kind), the provider being that of the cosigner.
func decisionKey(cosignerID, externalID, kind string) ledger.Key {
	return ledger.Key{PK: DecisionKeys + cosignerID + "#" + externalID, SK: kind}
}

func (d Decision) key() ledger.Key { return decisionKey(d.Cosigner, d.ExternalID, d.Kind) }

// target names a decision in the trail. The parts can't run into each other: only the last one may have a slash.
func target(cosignerID, externalID, kind string) audit.Target {
	return audit.Target{Type: "decision", ID: cosignerID + "/" + kind + "/" + externalID}
}

func (d Decision) word() string { return string(d.Action) }

func (d Decision) action() string { return "decision." + d.word() }

func (d Decision) amount() string {
	if d.Request.Amount == nil {
		return ""
	}
	return d.Request.Amount.String()
}

// The signature's state, of a stored decision always the same: what is not authentic is never decided on.
const signatureValid = "valid"

// item is what a repeat needs and what decided; the entry of the same transaction tells the rest, and what is written twice
// is paid for twice.
func (d Decision) item() ledger.Item {
	return ledger.Item{
		"workspace": d.Workspace.String(), "ref": d.Ref, "signature": signatureValid, "decision": d.word(),
		"reason": string(d.Verdict.Reason), "policy_version": d.Verdict.Policy, "digest": d.Digest, "claims": d.Claims,
		"response_key": d.ResponseKey, "decided_at": d.DecidedAt.UnixMilli(),
	}
}

// fields are what the trail and the workspace's event say.
func (d Decision) fields() audit.Fields {
	return audit.Fields{
		"cosigner": d.Cosigner, "provider": d.Provider, "external_id": d.ExternalID, "kind": d.Kind, "tx_id": d.TxID, "ref": d.Ref,
		"operation": d.Request.Operation, "asset": d.Request.Asset, "amount": d.amount(),
		"source": party(d.Request.Source), "destinations": d.destinations(),
		"signature": signatureValid, "decision": d.word(), "reason": string(d.Verdict.Reason), "policy_version": d.Verdict.Policy,
		"rules": texts(d.Verdict.Rules), "caps": texts(d.Verdict.Caps), "spent": d.spent(), "missing": texts(d.Verdict.Missing), "digest": d.Digest,
	}
}

// spent tells how far each cap over time was used up before and after.
func (d Decision) spent() []audit.Fields {
	all := make([]audit.Fields, len(d.Verdict.Spent))
	for i, s := range d.Verdict.Spent {
		all[i] = audit.Fields{"cap": s.Cap, "unit": s.Unit, "value": s.Value.String(), "before": s.Before.String(),
			"after": s.After.String(), "limit": s.Limit.String()}
	}
	return all
}

// The bounds of what an entry says about where assets go; the digest covers all of it.
const (
	maxDestinations = 20
	maxPartyText    = 200 // bytes
)

// destinations tell where the assets were to go, so that the trail answers it without the provider.
func (d Decision) destinations() []audit.Fields {
	told := d.Request.Destinations[:min(maxDestinations, len(d.Request.Destinations))]
	all := make([]audit.Fields, len(told))
	for i, to := range told {
		all[i] = party(to)
	}
	return all
}

func party(p signing.Party) audit.Fields {
	f := audit.Fields{}
	for name, text := range map[string]string{"type": p.Type, "id": p.ID, "address": p.Address} {
		if text != "" {
			f[name] = strings.ToValidUTF8(text[:min(maxPartyText, len(text))], "")
		}
	}
	return f
}

func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// events tell the workspace. A request that belongs to none of the cosigner's tells nobody: it could be a stranger's.
// An event says what the trail does.
func (d Decision) events() []ledger.Event {
	if d.Workspace.IsZero() {
		return nil
	}
	kind := "decision.rejected"
	if d.Verdict.Approve {
		kind = "decision.approved"
	}
	return []ledger.Event{{Type: kind, Workspace: d.Workspace.String()}}
}

// prior is what of a stored decision is needed to give the same answer again.
type prior struct {
	digest, workspace, decision, reason, responseKey string
	claims                                           []byte
}

func parsePrior(item ledger.Item) (prior, error) {
	r := item.Read()
	p := prior{digest: r.Text("digest"), workspace: r.Text("workspace"), decision: r.Text("decision"), reason: r.Text("reason"),
		responseKey: r.Text("response_key"), claims: r.Bytes("claims")}
	if err := r.Err(); err != nil {
		return prior{}, fmt.Errorf("reading a decision: %w", err)
	}
	return p, nil
}

// sentences are what the provider's users are told. Nothing in them is another workspace's, or a secret.
var sentences = map[signing.Reason]string{
	signing.NoPolicy:        "the workspace has no published policy",
	signing.Denied:          "a rule of the policy denies it",
	signing.NoRuleAllows:    "no rule of the policy allows it",
	signing.CapExceeded:     "it is above a cap of the policy",
	signing.DataMissing:     "the request does not tell what the policy asks for",
	signing.Ended:           "the transaction was reported as failed before",
	signing.UnsupportedKind: "requests of this kind are not supported",
	signing.Unreferenced:    "the request has no customer reference",
	signing.ForeignRef:      "the customer reference is not of a workspace of this cosigner",
	signing.Inconsistent:    "the request contradicts itself",
	signing.Conflicting:     "another request with this id was answered before",
}

// tell is the reason as the provider shows it, such as "denied: a rule of the policy denies it"; "" for an approval.
func tell(reason signing.Reason) string {
	if reason == signing.Allowed {
		return ""
	}
	return string(reason) + ": " + sentences[reason]
}
