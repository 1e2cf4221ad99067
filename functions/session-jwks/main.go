// Command session-jwks is the Lambda function of GET /.well-known/jwks.json.
package main

import (
	"github.com/zenvault/zenvault/shared/aws/function"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/session"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/tokens"
)

func main() {
	w := wire.Open()
	function.ServeHTTP(edge.Bind(w.Edge(nil, nil), session.RouteJWKS, tokens.Keys(w)))
}
