package dialguard

import (
	"encoding/binary"
	"net/netip"
)

// notGlobal is every range of the IANA special-purpose address registries (iana-ipv4-special-registry and
// iana-ipv6-special-registry, read 2026-11) and multicast, whether or not a registry calls it reachable: none of them is
// where a customer's server lives. For IPv6 the ranges outside global unicast (RFC 4291 §2.4) need no row.
var notGlobal = prefixes(
	"0.0.0.0/8",       // this network, RFC 791
	"10.0.0.0/8",      // private use, RFC 1918
	"100.64.0.0/10",   // shared address space of carriers, RFC 6598
	"127.0.0.0/8",     // loopback, RFC 1122
	"169.254.0.0/16",  // link local, RFC 3927; the instance metadata of clouds
	"172.16.0.0/12",   // private use, RFC 1918
	"192.0.0.0/24",    // IETF protocol assignments, RFC 6890; DS-Lite, NAT64 discovery
	"192.0.2.0/24",    // documentation, RFC 5737
	"192.31.196.0/24", // AS112, RFC 7535
	"192.52.193.0/24", // AMT, RFC 7450
	"192.88.99.0/24",  // 6to4 relays, RFC 7526
	"192.168.0.0/16",  // private use, RFC 1918
	"192.175.48.0/24", // AS112, RFC 7534
	"198.18.0.0/15",   // benchmarking, RFC 2544
	"198.51.100.0/24", // documentation, RFC 5737
	"203.0.113.0/24",  // documentation, RFC 5737
	"224.0.0.0/4",     // multicast, RFC 5771
	"240.0.0.0/4",     // reserved, RFC 1112; limited broadcast

	"2001::/23",         // IETF protocol assignments, RFC 2928: Teredo, benchmarking, AMT, AS112, ORCHID, DETs
	"2001:db8::/32",     // documentation, RFC 3849
	"2002::/16",         // 6to4: an IPv4 address inside, RFC 3056
	"2620:4f:8000::/48", // AS112, RFC 7534
	"3fff::/20",         // documentation, RFC 9637
)

// globalIPv6 is all that IANA gives out for unicast. Outside are loopback, unique local, link local, multicast, and the
// forms with an IPv4 address inside: compatible, mapped, SIIT (::ffff:0:0:0/96) and NAT64 (64:ff9b::/96, 64:ff9b:1::/48).
var globalIPv6 = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// Global reports whether an address is one that anybody's public server may have: global unicast, in no special-purpose
// range, without a zone, and with no IPv4 address hidden in it. A mapped IPv4 address is refused too: net.Dialer unmaps
// what it dials, so that one here was made by hand.
func Global(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" || a.Is4In6() {
		return false
	}
	if a.Is6() && (!globalIPv6.Contains(a) || isISATAP(a)) {
		return false
	}
	for _, p := range notGlobal {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// isISATAP finds an IPv4 address in the interface identifier under any prefix (RFC 5214 §6.1: 0000:5efe or 0200:5efe).
func isISATAP(a netip.Addr) bool {
	raw := a.As16()
	const universal = 0x02000000 // the bit that may be set
	return binary.BigEndian.Uint32(raw[8:12])&^universal == 0x00005efe
}
