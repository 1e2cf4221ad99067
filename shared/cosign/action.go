package cosign

import "github.com/zenvault/zenvault/shared/signing"

// action is what a verdict comes to. A change of configuration is nothing that a policy can judge: by the cosigner's setting it
// is rejected, which denies it for all approvers, or left to the others.
func (a *ask) action(v signing.Verdict) signing.Action {
	switch {
	case v.Approve:
		return signing.Approve
	case a.callback.Config && a.cosigner.ConfigChanges == ignore:
		return signing.Ignore
	}
	return signing.Reject
}
