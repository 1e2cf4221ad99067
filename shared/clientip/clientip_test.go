package clientip_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/clientip"
)

const trusted = "10.0.0.0/8,192.0.2.1/32,2001:db8:1::/48"

func proxies(t testing.TB, text string) clientip.Proxies {
	t.Helper()
	p, err := clientip.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The client is who connected; behind a trusted proxy, who it was connected to; and never what a client wrote.
func TestClient(t *testing.T) {
	p := proxies(t, trusted)
	const proxy = "10.1.2.3"
	tests := []struct {
		name, source string
		forwarded    []string
		want         string
		violation    bool
	}{
		// Without a trusted proxy nothing that is sent matters.
		{"direct", "198.51.100.7", nil, "198.51.100.7", false},
		{"direct, spoofed", "198.51.100.7", []string{"203.0.113.9"}, "198.51.100.7", false},
		{"direct, spoofed as a proxy", "198.51.100.7", []string{"10.0.0.1"}, "198.51.100.7", false},
		{"direct, malformed", "198.51.100.7", []string{"unknown"}, "198.51.100.7", false},
		{"direct, many lines", "198.51.100.7", []string{"203.0.113.9", "203.0.113.10"}, "198.51.100.7", false},
		{"a neighbour of the proxy", "192.0.2.2", []string{"203.0.113.9"}, "192.0.2.2", false},
		{"direct by IPv6", "2001:db8:2::7", []string{"203.0.113.9"}, "2001:db8:2::7", false},
		{"IPv4 inside IPv6", "::ffff:198.51.100.7", []string{"203.0.113.9"}, "198.51.100.7", false},
		{"with a zone", "fe80::1%eth0", nil, "fe80::1", false},
		{"no source", "", []string{"203.0.113.9"}, "invalid IP", false},

		// One proxy.
		{"one entry", proxy, []string{"203.0.113.9"}, "203.0.113.9", false},
		{"proxy as IPv4 inside IPv6", "::ffff:10.1.2.3", []string{"203.0.113.9"}, "203.0.113.9", false},
		{"proxy of one address", "192.0.2.1", []string{"203.0.113.9"}, "203.0.113.9", false},
		{"proxy by IPv6", "2001:db8:1::5", []string{"2001:db8:2::7"}, "2001:db8:2::7", false},
		{"proxy with a zone", "2001:db8:1::5%eth0", []string{"203.0.113.9"}, "203.0.113.9", false},
		{"entry with a zone", proxy, []string{"fe80::9%eth0"}, "fe80::9", false},
		{"entry as IPv4 inside IPv6", proxy, []string{"::ffff:203.0.113.9"}, "203.0.113.9", false},
		{"no header", proxy, nil, proxy, false},
		{"an empty header", proxy, []string{""}, proxy, false},
		{"only commas", proxy, []string{" ,, ,"}, proxy, false},
		{"blanks around", proxy, []string{"  203.0.113.9\t"}, "203.0.113.9", false},

		// What the client sent stands to the left of what the proxy added.
		{"spoofed", proxy, []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9", false},
		{"spoofed with many", proxy, []string{strings.Repeat("1.1.1.1,", 500) + "203.0.113.9"}, "203.0.113.9", false},
		{"spoofed with a trusted one", proxy, []string{"10.0.0.1, 203.0.113.9"}, "203.0.113.9", false},
		{"spoofed with nonsense", proxy, []string{"<script>, 203.0.113.9"}, "203.0.113.9", false},
		{"spoofed in a line of its own", proxy, []string{"1.1.1.1", "203.0.113.9"}, "203.0.113.9", false},
		{"spoofed in an odd line", proxy, []string{"unknown", "", "203.0.113.9"}, "203.0.113.9", false},
		{"an empty entry behind", proxy, []string{"1.1.1.1, 203.0.113.9,"}, "203.0.113.9", false},
		{"an empty line behind", proxy, []string{"1.1.1.1, 203.0.113.9", ""}, "203.0.113.9", false},
		{"an empty entry between", proxy, []string{"1.1.1.1,, 203.0.113.9"}, "203.0.113.9", false},

		// Several proxies.
		{"two proxies", proxy, []string{"203.0.113.9, 192.0.2.1"}, "203.0.113.9", false},
		{"three, in lines", proxy, []string{"203.0.113.9", "192.0.2.1, 10.9.9.9"}, "203.0.113.9", false},
		{"two, spoofed", proxy, []string{"1.1.1.1, 203.0.113.9, 192.0.2.1"}, "203.0.113.9", false},
		{"an unknown proxy between", proxy, []string{"1.1.1.1, 203.0.113.9, 192.0.2.1, 198.51.100.1"}, "198.51.100.1", false},
		{"a proxy by IPv4 inside IPv6 between", proxy, []string{"203.0.113.9, ::ffff:10.9.9.9"}, "203.0.113.9", false},
		{"nothing but proxies", proxy, []string{"10.0.0.1, 192.0.2.1"}, "10.0.0.1", false},
		{"the source once more, as API Gateway adds it", proxy, []string{"203.0.113.9, 10.1.2.3"}, "203.0.113.9", false},

		// Ports.
		{"a port", proxy, []string{"203.0.113.9:4711"}, "203.0.113.9", false},
		{"a port of a proxy", proxy, []string{"203.0.113.9:4711, 192.0.2.1:443"}, "203.0.113.9", false},
		{"brackets", proxy, []string{"[2001:db8:2::7]"}, "2001:db8:2::7", false},
		{"brackets and a port", proxy, []string{"[2001:db8:2::7]:4711"}, "2001:db8:2::7", false},
		{"brackets of a proxy", proxy, []string{"203.0.113.9, [2001:db8:1::9]:443"}, "203.0.113.9", false},

		// A trusted proxy that names no address.
		{"unknown", proxy, []string{"unknown"}, proxy, true},
		{"unknown behind a client's word", proxy, []string{"203.0.113.9, unknown"}, proxy, true},
		{"unknown behind a second proxy", proxy, []string{"203.0.113.9, unknown, 192.0.2.1"}, "192.0.2.1", true},
		{"obfuscated", proxy, []string{"_hidden"}, proxy, true},
		{"a name", proxy, []string{"client.example.com"}, proxy, true},
		{"a network", proxy, []string{"203.0.113.0/24"}, proxy, true},
		{"too many octets", proxy, []string{"203.0.113.9.1"}, proxy, true},
		{"leading zeros", proxy, []string{"203.0.113.009"}, proxy, true},
		{"hexadecimal", proxy, []string{"0xcb.0.0x71.9"}, proxy, true},
		{"one number", proxy, []string{"3405803785"}, proxy, true},
		{"brackets around IPv4", proxy, []string{"[203.0.113.9]"}, proxy, true},
		{"half a bracket", proxy, []string{"[2001:db8:2::7"}, proxy, true},
		{"an empty port", proxy, []string{"203.0.113.9:"}, proxy, true},
		{"a port out of bounds", proxy, []string{"203.0.113.9:65536"}, proxy, true},
		{"a word as port", proxy, []string{"203.0.113.9:http"}, proxy, true},
		{"quotes", proxy, []string{`"203.0.113.9"`}, proxy, true},
		{"a blank inside", proxy, []string{"203.0.113.9 203.0.113.10"}, proxy, true},
		{"for=, as in Forwarded", proxy, []string{"for=203.0.113.9"}, proxy, true},
		{"a line break", proxy, []string{"203.0.113.9\n"}, proxy, true},
		{"not ASCII", proxy, []string{"２０３.0.113.9"}, proxy, true},
	}
	for _, tt := range tests {
		source, _ := netip.ParseAddr(tt.source)
		got, err := p.Client(source, tt.forwarded)
		if got.String() != tt.want || (err != nil) != tt.violation {
			t.Errorf("%s: got %v, %v; want %s and a violation %v", tt.name, got, err, tt.want, tt.violation)
		}
	}
}

// Without trusted proxies no header is looked at.
func TestNoProxies(t *testing.T) {
	got, err := proxies(t, "").Client(netip.MustParseAddr("10.0.0.1"), []string{"unknown, 203.0.113.9"})
	if err != nil || got.String() != "10.0.0.1" {
		t.Errorf("got %v, %v", got, err)
	}
}

// A list of proxies that does not say exactly one thing is refused, naming the entry.
func TestParseRefuses(t *testing.T) {
	for _, entry := range []string{
		"10.0.0.1", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/ 8", " 10.0.0.0/8", "10.0.0.0/8 ", "010.0.0.0/8", "10.0.0/8",
		"2001:db8::1", "2001:db8::1/32", "2001:db8::/129", "fe80::%eth0/64", "::ffff:10.0.0.0/104", "::ffff:10.0.0.1/128", "0.0.0.0/0", "::/0", "*", "all", "example.com/24",
	} {
		for _, text := range []string{entry, "192.0.2.0/24," + entry, entry + ",192.0.2.0/24"} {
			if _, err := clientip.Parse(text); err == nil || !strings.Contains(err.Error(), strings.Split(entry, ",")[0]) {
				t.Errorf("%q: got %v, want an error that names %q", text, err, entry)
			}
		}
	}
	for _, text := range []string{",", "10.0.0.0/8,", ",10.0.0.0/8", "10.0.0.0/8,,192.0.2.0/24"} {
		if _, err := clientip.Parse(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

// IPv4 counts by address, IPv6 by its network of 64 bits, in whatever clothing an address comes.
func TestKey(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.9": "203.0.113.9", "::ffff:203.0.113.9": "203.0.113.9", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::": "2001:db8:1:2::/64",
		"2001:db8:1:3::": "2001:db8:1:3::/64", "fe80::1%eth0": "fe80::/64", "::1": "::/64", "": "unknown",
	} {
		a, _ := netip.ParseAddr(address)
		if got := clientip.Key(a); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

// Whatever a client sends, as often as it likes, to a proxy that adds where it came from, the client is who it is. And no
// header makes the walk panic, or end outside of what was there.
func FuzzClient(f *testing.F) {
	for _, line := range []string{"", "1.1.1.1", "10.0.0.1", "unknown,", "[::1]:1, 10.0.0.1", ",,", "1.1.1.1:99999", "::ffff:10.0.0.1%x"} {
		f.Add(line, "second", true)
	}
	p := proxies(f, trusted)
	f.Fuzz(func(t *testing.T, first, second string, joined bool) {
		source := netip.MustParseAddr("10.1.2.3")
		added := []string{first, second, "203.0.113.9"}
		if joined {
			added = []string{first + "," + second + ", 203.0.113.9, 192.0.2.1"}
		}
		if got, err := p.Client(source, added); err != nil || got.String() != "203.0.113.9" {
			t.Errorf("%q: got %v, %v", added, got, err)
		}
		got, err := p.Client(source, []string{first, second})
		if !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Errorf("%q: got %v, %v", []string{first, second}, got, err)
		}
		if direct, err := p.Client(netip.MustParseAddr("198.51.100.7"), []string{first, second}); err != nil || direct.String() != "198.51.100.7" {
			t.Errorf("direct: got %v, %v", direct, err)
		}
	})
}

// No text makes Parse panic, and what it takes it takes in one way only.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", trusted, "10.0.0.1/8", "::ffff:10.0.0.0/104", "fe80::%1/64", "0.0.0.0/0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := clientip.Parse(text)
		if err != nil {
			return
		}
		if got, err := p.Client(netip.MustParseAddr("::ffff:198.51.100.7"), nil); err != nil || got.String() != "198.51.100.7" {
			t.Errorf("got %v, %v", got, err)
		}
		for entry := range strings.SplitSeq(text, ",") {
			if network, err := netip.ParsePrefix(entry); text != "" && (err != nil || network != network.Masked()) {
				t.Errorf("%q was taken", entry)
			}
		}
	})
}
