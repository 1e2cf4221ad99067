// Command cosign-fireblocksconfig is the Lambda function of POST /cosigner/fireblocks/{cosigner}/v2/config_change_sign_request.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/queues"
	"github.com/zenvault/zenvault/shared/wire/secrets"
)

func main() {
	w := wire.Open()
	ledger := w.Ledger(queues.Announcer(w))
	decider := cosign.NewDecider(cosign.Parts{
		Ledger: ledger, Name: fireblocks.Name, Provider: fireblocks.ConfigCodec{}, ContentType: fireblocks.ContentType,
		Policies: policy.NewJudge(ledger), Keys: secrets.RSA(w, fireblocks.KeyBits),
	})
	function.ServeHTTP(edge.Bind(w.Edge(nil, nil), cosign.RouteFireblocksConfig, decider))
}
