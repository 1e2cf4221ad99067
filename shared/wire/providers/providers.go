// Package providers opens the clients of custody providers' APIs, for the functions that call them. A provider that is
// added gets a folder under shared/provider, a row here, and one in the connection domain's table.
package providers

import (
	"crypto/rand"

	"github.com/zenvault/zenvault/shared/provider/fireblocks/api"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/secrets"
)

// All are the providers by their names. It ends the process if the secrets directory can't be opened.
func All(w *wire.World) map[string]transfer.Provider {
	all, err := OpenAll(w)
	if err != nil {
		wire.Fatal(err)
	}
	return all
}

// OpenAll is All for a process that serves more than one function.
func OpenAll(w *wire.World) (map[string]transfer.Provider, error) {
	keys, err := secrets.OpenRSA(w, api.KeyBits)
	if err != nil {
		return nil, err
	}
	return map[string]transfer.Provider{
		"fireblocks": api.New(api.Options{Keys: keys, Now: w.Now, Random: rand.Reader, Plain: w.Env.ProviderURL != ""}),
	}, nil
}
