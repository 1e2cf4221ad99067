package admin

import (
	"time"

	"github.com/zenvault/zenvault/shared/edge"
)

// TaskFound makes the first owner. It has no route: who may invoke the function may use it, and it works once.
var TaskFound = edge.Task[Service, FoundInput, View]{Spec: edge.Spec{
	Name: "admin-found", Summary: "Make the first owner; works once.",
	Needs:   edge.Needs{Writes: []string{Keys, EmailKeys, FounderKeys}},
	Timeout: 20 * time.Second, Memory: 1769,
}, Do: Service.Found}
