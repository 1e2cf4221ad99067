package rewrap

import (
	"time"

	"github.com/zenvault/zenvault/shared/edge"
)

// TaskGenerate makes a new master key.
var TaskGenerate = edge.Task[Generator, struct{}, Generated]{Spec: edge.Spec{
	Name: "key-generate", Summary: "Make a new master key, in wrapped form.",
	Needs: edge.Needs{Notes: true, Wraps: true},
}, Do: Generator.Generate}

// TaskRewrap moves everything under the newest master key. It writes what it seals anew and nothing
// else; its role can't say that: IAM knows the partitions of admins and endpoints, not which of their items hold something
// sealed. The time-out is below the 60 s that a command line waits for an answer.
var TaskRewrap = edge.Task[Service, Input, Progress]{Spec: edge.Spec{
	Name: "key-rewrap", Summary: "Seal anew what older master keys sealed, and tell which of them may go.",
	Needs:   edge.Needs{Reads: []string{"workspaces", "admins", "apikeys#"}, Writes: []string{"admin#", "endpoints#"}, MasterKey: true},
	Timeout: 50 * time.Second,
}, Do: Service.Rewrap}
