package endpoint

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/shared/fault"
)

// ErrURL is told, with the rule that is broken, for an address that webhooks can't go to.
var ErrURL = fault.New(fault.Unprocessable, "endpoint_url_invalid", "This is not a URL that webhooks can go to.").At("/url")

// URLRule says what may be an endpoint's address. The zero value is what a deployed stack has: https to a public name on
// port 443. It keeps out what can be told from the text; what a name stands for is checked on every connection.
type URLRule struct {
	Ports []string // more ports than 443
	Plain bool     // http and this machine too: for the local gateway only
}

const (
	maxURL   = 2048 // characters
	maxHost  = 253  // RFC 1035 §2.3.4
	maxLabel = 63
)

// Check fails with ErrURL.
func (r URLRule) Check(text string) error {
	if len(text) > maxURL {
		return ErrURL.Saying("The URL is longer than 2,048 characters.")
	}
	if strings.ContainsFunc(text, notInURL) {
		return ErrURL.Saying("The URL holds a character that a URL can't hold; international names are written in their xn-- form.")
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return ErrURL.Saying("The URL is not of the form https://host/path.")
	}
	switch {
	case u.Scheme != "https" && !(r.Plain && u.Scheme == "http"):
		return ErrURL.Saying("The URL must begin with https://.")
	case u.User != nil:
		return ErrURL.Saying("The URL must not hold a user name or password.")
	case strings.Contains(text, "#"):
		return ErrURL.Saying("The URL must not have a fragment.")
	case r.Plain && isThisMachine(u.Hostname()):
		return nil
	case !r.allowsPort(u):
		return ErrURL.Saying("The port must be 443.")
	case !isPublicName(u.Host, u.Port()):
		return ErrURL.Saying("The host must be a public DNS name, not an address.")
	}
	return nil
}

// notInURL refuses blanks, controls, everything that is not ASCII (full-width digits and dots among it), and the
// backslash, which some programs read as a slash.
func notInURL(c rune) bool { return c <= ' ' || c >= 0x7f || c == '\\' }

func isThisMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

func (r URLRule) allowsPort(u *url.URL) bool {
	port := u.Port()
	return port == "" || port == "443" || slices.Contains(r.Ports, port)
}

// isPublicName takes names of at least two labels (RFC 1123 §2.1) whose last one has a letter first: that leaves out
// every spelling of an IPv4 address (127.1, 0x7f.0.0.1), IPv6 literals, trailing dots, single-label names of a local
// network, and percent escapes.
func isPublicName(host, port string) bool {
	if port != "" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	if len(host) > maxHost {
		return false
	}
	labels := strings.Split(strings.ToLower(host), ".")
	for _, label := range labels {
		if !isLabel(label) {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(labels) > 1 && 'a' <= last[0] && last[0] <= 'z'
}

func isLabel(label string) bool {
	return label != "" && len(label) <= maxLabel && label[0] != '-' && label[len(label)-1] != '-' &&
		strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
