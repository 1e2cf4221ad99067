// Package bykey opens the edge of routes that workspaces call with their API keys.
package bykey

import (
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/gate/keygate"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/wire"
)

// Edge guards with API keys, whose pepper comes from the master keyring.
func Edge(w *wire.World, l *ledger.Ledger, peppers apikey.Peppers) edge.Edge {
	return w.Edge(keygate.Gate{Keys: apikey.Service{
		Ledger: l, Peppers: peppers, Marks: w.Limits(), Uses: &apikey.Uses{}, Issuer: w.Env.Issuer, Log: w.Log}}, l)
}
