// Command cosign-safeheron is the Lambda function of POST /cosigner/safeheron/{cosigner}.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/provider/safeheron"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/queues"
	"github.com/zenvault/zenvault/shared/wire/secrets"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(queues.Announcer(w))
	decider := cosign.NewDecider(cosign.Parts{
		Ledger: ledger, Name: safeheron.Name, Provider: safeheron.Codec{}, ContentType: safeheron.ContentType,
		Policies: policy.NewJudge(ledger), Intents: transfer.Intents{}, Keys: secrets.PSS(w, safeheron.KeyBits),
	})
	function.ServeHTTP(edge.Bind(w.Edge(nil, nil), cosign.RouteSafeheron, decider))
}
