package shape

import (
	"fmt"
	"strings"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
)

// The markers of the README.
const (
	RoutesBegin = "<!-- routes -->"
	RoutesEnd   = "<!-- /routes -->"
	ClaimsBegin = "<!-- claims -->"
	ClaimsEnd   = "<!-- /claims -->"
)

// RouteTable gives the README's tables: the routes, and the functions that have none.
func RouteTable(specs []edge.Spec) string {
	var routes, others strings.Builder
	for _, s := range specs {
		if s.HTTP() {
			fmt.Fprintf(&routes, "| `%s` | `%s %s` | %s | %s |\n", s.Name, s.Method, s.Path, who(s.Guard), s.Summary)
		} else {
			fmt.Fprintf(&others, "| `%s` | %s | %s |\n", s.Name, title(s), s.Summary)
		}
	}
	return "| function | route | who may call | what it does |\n|---|---|---|---|\n" + routes.String() +
		"\nFunctions without a route:\n\n| function | started by | what it does |\n|---|---|---|\n" + others.String()
}

// who says in words whom a guard lets in.
func who(g edge.Guard) string {
	switch g.Kind {
	case edge.PublicGuard:
		return "anybody"
	case edge.AdminGuard:
		var names []string
		for _, role := range rolesWith(g.Permission) {
			names = append(names, string(role))
		}
		return strings.Join(names, ", ")
	case edge.KeyGuard:
		return "API key with `" + strings.Join(g.Scopes, "`, `") + "`"
	case edge.CallbackGuard:
		return "a provider, by its signature"
	}
	return "nobody"
}

func rolesWith(p caller.Permission) (roles []caller.Role) {
	for _, role := range caller.Roles() {
		if (caller.Caller{Kind: caller.Admin, Role: role}).May(p) {
			roles = append(roles, role)
		}
	}
	return roles
}
