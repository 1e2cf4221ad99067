package endpoint_test

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/endpoint"
)

var (
	accepted = []string{
		"https://example.com", "https://hooks.example.com/a/b?c=d&e=%20", "https://hooks.example.com:443/",
		"HTTPS://Hooks.Example.COM/", "https://xn--bcher-kva.example/", "https://1.2.3.example.com/", "https://a-b.example.com",
		"https://127.0.0.1.nip.io/", "https://example.com/@user", "https://example.com/" + strings.Repeat("a", 2028),
	}
	refused = []string{
		"", "example.com", "//example.com", "/path", "https:", "https://", "https:///path", "https:example.com", "mailto:a@b.example",
		"http://example.com", "ftp://example.com", "file:///etc/passwd", "javascript:alert(1)",
		"https://user@example.com", "https://user:pw@example.com", "https://@example.com", "https://:@example.com",
		"https://example.com#", "https://example.com/#a", "https://example.com/" + strings.Repeat("a", 2029),
		"https://example.com:80", "https://example.com:8443", "https://example.com:0443", "https://example.com:", "https://example.com:443:443",
		"https://127.0.0.1", "https://8.8.8.8", "https://127.1", "https://127.0.0.1.", "https://2130706433", "https://0x7f000001",
		"https://0x7f.0.0.1", "https://0177.0.0.1", "https://127.0.0.0x1", "https://1.1.1.1:443", "https://[::1]", "https://[::1]:443",
		"https://[::ffff:127.0.0.1]", "https://[fe80::1%25eth0]", "https://[2606:4700::1111]",
		"https://１２７.０.０.１", "https://127。0。0。1", "https://ⓔxample.com", "https://bücher.example", "https://exam\u00adple.com",
		"https://%31%32%37.0.0.1", "https://example%2ecom", "https://exa%00mple.com",
		"https://localhost", "https://localhost:443", "https://metadata", "https://example.com.", "https://.example.com", "https://a..example.com",
		"https://-a.example.com", "https://a-.example.com", "https://a_b.example.com", "https://example.123", "https://example.1a",
		"https://" + strings.Repeat("a", 64) + ".example.com", "https://" + strings.Repeat("a.", 130) + "com", "https://*.example.com",
		"https://example.com\\@evil.example", "https://example.com/a b", "https://example.com/\t", "https://example.com/\n", " https://example.com",
		"https://example.com/\u202e", "https://example.com\x00", "https://exa mple.com",
	}
)

// Only https to a public name on port 443 is an endpoint, in no other spelling.
func TestURLRule(t *testing.T) {
	for _, text := range accepted {
		if err := (endpoint.URLRule{}).Check(text); err != nil {
			t.Errorf("%q: got %v, want nil", text, err)
		}
	}
	for _, text := range refused {
		if err := (endpoint.URLRule{}).Check(text); err == nil {
			t.Errorf("%q: got nil, want an error", text)
		}
	}
}

// A configured port is let through, and no other.
func TestPorts(t *testing.T) {
	rule := endpoint.URLRule{Ports: []string{"8443"}}
	for text, want := range map[string]bool{
		"https://example.com:8443": true, "https://example.com": true, "https://example.com:443": true,
		"https://example.com:8444": false, "https://127.0.0.1:8443": false, "https://example.com:08443": false,
	} {
		if got := rule.Check(text) == nil; got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}

// The local gateway's allowance is http and this machine, and nothing of the network around it.
func TestPlain(t *testing.T) {
	rule := endpoint.URLRule{Plain: true}
	for text, want := range map[string]bool{
		"http://127.0.0.1:8080/hook": true, "http://localhost:8080": true, "http://[::1]:8080/": true, "https://localhost:9": true,
		"https://example.com": true, "http://example.com": true,
		"http://10.0.0.1": false, "http://169.254.169.254/": false, "http://0.0.0.0:80": false, "http://[::ffff:10.0.0.1]": false,
		"ftp://localhost": false, "http://u@localhost": false, "http://localhost#a": false,
	} {
		if got := rule.Check(text) == nil; got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}

// Whatever text is taken has a host that no program reads as an address, and goes to port 443.
func FuzzURLRule(f *testing.F) {
	for _, text := range append(accepted, refused...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if (endpoint.URLRule{}).Check(text) != nil {
			return
		}
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Fragment != "" || (u.Port() != "" && u.Port() != "443") {
			t.Fatalf("%q was taken: %+v, %v", text, u, err)
		}
		host := u.Hostname()
		if _, err := netip.ParseAddr(host); err == nil || net.ParseIP(host) != nil || strings.Trim(host, "0123456789.xX") == "" {
			t.Errorf("%q was taken: its host is an address", text)
		}
		if strings.Contains(host, ":") || strings.HasSuffix(host, ".") || !strings.Contains(host, ".") {
			t.Errorf("%q was taken: its host is %q", text, host)
		}
	})
}
