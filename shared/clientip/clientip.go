// Package clientip tells who asks by address. That is the connection's other end, unless that is a proxy which was said to
// be trusted: then it is who the proxy says it was connected to. Nothing that the client itself writes is believed.
package clientip

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Header is where proxies write whom they were connected to, each behind what it was sent.
const Header = "X-Forwarded-For"

// Proxies are the networks of trusted proxies. The zero value trusts none.
type Proxies struct{ networks []netip.Prefix }

// Parse reads networks in CIDR form, separated by commas; nothing at all is no proxy. It refuses what does not say exactly
// one thing: host bits, zones, IPv4 inside IPv6, an address without its length, and a network of everybody.
func Parse(text string) (Proxies, error) {
	if text == "" {
		return Proxies{}, nil
	}
	var p Proxies
	for entry := range strings.SplitSeq(text, ",") {
		network, err := netip.ParsePrefix(entry)
		switch {
		case err != nil:
			return Proxies{}, fmt.Errorf("trusted proxies: %q is no network in CIDR form, such as 192.0.2.0/24 or 2001:db8::/32, without blanks", entry)
		case network.Addr().Is4In6():
			return Proxies{}, fmt.Errorf("trusted proxies: %q is IPv4 inside IPv6: write it as IPv4", entry)
		case network.Masked() != network:
			return Proxies{}, fmt.Errorf("trusted proxies: %q has bits behind its length: did you mean %s?", entry, network.Masked())
		case network.Bits() == 0:
			return Proxies{}, fmt.Errorf("trusted proxies: %q would believe everybody", entry)
		}
		p.networks = append(p.networks, network)
	}
	return p, nil
}

// ErrViolation is told when a trusted proxy forwards for something that is no address.
var ErrViolation = errors.New("a trusted proxy names something in " + Header + " that is no address")

// Client is the address of who asks: source, or if that is a trusted proxy, the nearest address in the lines of
// X-Forwarded-For that is not one, or the farthest if all are. What is not an address ends the walk: then the client is
// the last proxy before it, and err is ErrViolation. Only entries that a trusted proxy wrote are looked at, so who
// connects to one can write there what he likes.
func (p Proxies) Client(source netip.Addr, forwarded []string) (client netip.Addr, err error) {
	client = plain(source)
	entries := strings.Split(strings.Join(forwarded, ","), ",")
	for len(entries) > 0 && p.trusts(client) {
		last := strings.Trim(entries[len(entries)-1], " \t")
		entries = entries[:len(entries)-1]
		if last == "" { // an empty element of a list is none (RFC 9110 §5.6.1.2)
			continue
		}
		named, ok := parse(last)
		if !ok {
			return client, ErrViolation
		}
		client = named
	}
	return client, nil
}

func (p Proxies) trusts(a netip.Addr) bool {
	for _, network := range p.networks {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// parse reads an address, with or without the port that some proxies add. IPv6 with a port is in brackets; without one it
// may be.
func parse(entry string) (netip.Addr, bool) {
	if inner, bracketed := strings.CutPrefix(entry, "["); bracketed {
		if inner, bare := strings.CutSuffix(inner, "]"); bare {
			a, err := netip.ParseAddr(inner)
			return plain(a), err == nil && a.Is6()
		}
	}
	if a, err := netip.ParseAddr(entry); err == nil {
		return plain(a), true
	}
	a, err := netip.ParseAddrPort(entry)
	return plain(a.Addr()), err == nil
}

// plain is the address without the clothing in which it may pass for another one.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// Key is what a client is counted under: its address, or for IPv6 the network of 64 bits that one client has to itself.
// Who has none is counted as "unknown".
func Key(client netip.Addr) string {
	client = plain(client)
	switch {
	case !client.IsValid():
		return "unknown"
	case client.Is6():
		network, _ := client.Prefix(64)
		return network.String()
	}
	return client.String()
}
