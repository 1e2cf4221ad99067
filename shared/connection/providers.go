package connection

import (
	"maps"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/shared/fault"
)

// providers are all whose API can be called, each with its environments and their base URLs. The table is closed: nobody
// who asks can have a signed request sent to an address of his own.
var providers = map[string]map[string]string{
	// developers.fireblocks.com, "Authenticate", read 2026-11
	"fireblocks": {
		"us": "https://api.fireblocks.io", "eu": "https://eu-api.fireblocks.io", "eu2": "https://eu2-api.fireblocks.io",
		"sandbox": "https://sandbox-api.fireblocks.io",
	},
}

// local is the environment that only the local gateway has.
const local = "local"

// The faults of the table.
var (
	ErrProvider    = fault.New(fault.Unprocessable, "provider_unsupported", "The providers are: "+quoted(slices.Sorted(maps.Keys(providers)))+".").At("/provider")
	ErrEnvironment = fault.New(fault.Unprocessable, "environment_unknown", "The provider has no such environment.").At("/environment")
)

func quoted(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }

// baseURL is where an environment's API is. It fails with ErrProvider and ErrEnvironment.
func (s Service) baseURL(provider, environment string) (string, error) {
	environments, known := providers[provider]
	if !known {
		return "", ErrProvider
	}
	if environment == local && s.Local != "" {
		return s.Local, nil
	}
	base, known := environments[environment]
	if !known {
		return "", ErrEnvironment.Saying("The environments of this provider are: " + quoted(slices.Sorted(maps.Keys(environments))) + ".")
	}
	return base, nil
}
