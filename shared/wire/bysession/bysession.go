// Package bysession opens the edge of routes that admins call with the access tokens of their sessions.
package bysession

import (
	"context"

	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/gate/sessiongate"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/session/access"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/tokens"
)

// Edge guards with admins' sessions. It ends the process if the token keys can't be read.
func Edge(w *wire.World, l *ledger.Ledger) edge.Edge { return guard(w, l, tokens.Verifier(w)) }

// Open is Edge for a process that serves more than one function.
func Open(ctx context.Context, w *wire.World, l *ledger.Ledger) (edge.Edge, error) {
	verifier, err := tokens.OpenVerifier(ctx, w)
	if err != nil {
		return edge.Edge{}, err
	}
	return guard(w, l, verifier), nil
}

func guard(w *wire.World, l *ledger.Ledger, verifier access.Verifier) edge.Edge {
	return w.Edge(sessiongate.Gate{Tokens: verifier, Items: l, Now: l.Now, FactorOptional: w.Env.FactorOptional}, l)
}
