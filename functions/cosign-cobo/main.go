// Command cosign-cobo is the Lambda function of POST /cosigner/cobo/{cosigner}/v2/check.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/provider/cobo"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/queues"
	"github.com/zenvault/zenvault/shared/wire/secrets"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(queues.Announcer(w))
	decider := cosign.NewDecider(cosign.Parts{
		Ledger: ledger, Name: cobo.Name, Provider: cobo.Codec{}, ContentType: cobo.ContentType,
		Policies: policy.NewJudge(ledger), Intents: transfer.Intents{}, Keys: secrets.RSA(w, cobo.KeyBits),
	})
	function.ServeHTTP(edge.Bind(w.Edge(nil, nil), cosign.RouteCobo, decider))
}
