package caller

// The scopes that an API key can be given, a closed set: each is asked for by at least one route.
const (
	EndpointsRead  = "endpoints:read"
	EndpointsWrite = "endpoints:write"
	PoliciesRead   = "policies:read"
	TransfersRead  = "transfers:read"
	TransfersWrite = "transfers:write"
)

// AllScopes lists the closed set.
func AllScopes() []string {
	return []string{EndpointsRead, EndpointsWrite, PoliciesRead, TransfersRead, TransfersWrite}
}
