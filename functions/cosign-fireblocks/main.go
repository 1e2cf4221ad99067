// Command cosign-fireblocks is the Lambda function of POST /cosigner/fireblocks/{cosigner}/v2/tx_sign_request.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/queues"
	"github.com/zenvault/zenvault/shared/wire/secrets"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(queues.Announcer(w))
	decider := cosign.NewDecider(cosign.Parts{
		Ledger: ledger, Name: fireblocks.Name, Provider: fireblocks.Codec{}, ContentType: fireblocks.ContentType,
		Policies: policy.NewJudge(ledger), Intents: transfer.Intents{}, Keys: secrets.RSA(w, fireblocks.KeyBits),
	})
	function.ServeHTTP(edge.Bind(w.Edge(nil, nil), cosign.RouteFireblocks, decider))
}
