package apikey

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/zenvault/zenvault/shared/fault"
)

// maxSources is how many prefixes a key may have.
const maxSources = 50

// The faults of allow-lists.
var (
	ErrNoSources = fault.New(fault.Unprocessable, "sources_empty",
		"An empty list of sources would let nobody in. To let everybody in, say so: 0.0.0.0/0 and ::/0.").At("/allowed_sources")
	ErrSource = fault.New(fault.Unprocessable, "source_invalid",
		"This is not a network such as 192.0.2.0/24, 2001:db8::/32 or, for one address, 192.0.2.7/32: without a zone, without bits "+
			"after the prefix, and IPv4 written as IPv4.")
	ErrSourceTwice    = fault.New(fault.Unprocessable, "source_repeated", "This network is given twice.")
	ErrTooManySources = fault.New(fault.Unprocessable, "sources_too_many", "A key has at most 50 networks.").At("/allowed_sources")
)

// Sources is where a key may be used from: one of the networks, or anywhere for the zero value.
type Sources struct {
	listed   bool
	networks []netip.Prefix
}

// ParseSources reads a list of networks. It fails with ErrNoSources, ErrSource, ErrSourceTwice or ErrTooManySources.
func ParseSources(texts []string) (Sources, error) {
	switch {
	case len(texts) == 0:
		return Sources{}, ErrNoSources
	case len(texts) > maxSources:
		return Sources{}, ErrTooManySources
	}
	s := Sources{listed: true}
	for i, text := range texts {
		at := "/allowed_sources/" + strconv.Itoa(i)
		network, ok := parseNetwork(text)
		switch {
		case !ok:
			return Sources{}, ErrSource.At(at)
		case slices.Contains(s.networks, network):
			return Sources{}, ErrSourceTwice.At(at)
		}
		s.networks = append(s.networks, network)
	}
	return s, nil
}

// parseNetwork takes a network in one way only. netip has traps here: ::ffff:192.0.2.0/120 contains no IPv4 address,
// 192.0.2.7/24 is a network whose text says another, and a prefix never contains an address with a zone.
func parseNetwork(text string) (netip.Prefix, bool) {
	network, err := netip.ParsePrefix(text)
	if err != nil || network.Addr().Is4In6() || network.Addr().Zone() != "" || network != network.Masked() || strings.Contains(text, "%") {
		return netip.Prefix{}, false
	}
	return network, true
}

// Contain reports whether the key may be used from an address. An address that is not known is in no list.
func (s Sources) Contain(from netip.Addr) bool {
	if !s.listed {
		return true
	}
	from = from.Unmap().WithZone("")
	return from.IsValid() && slices.ContainsFunc(s.networks, func(n netip.Prefix) bool { return n.Contains(from) })
}

// Texts writes the list; nil if there is none.
func (s Sources) Texts() []string {
	if !s.listed {
		return nil
	}
	texts := make([]string, len(s.networks))
	for i, network := range s.networks {
		texts[i] = network.String()
	}
	return texts
}
