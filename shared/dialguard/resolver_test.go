package dialguard_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
)

// resolver answers every question for an IPv4 address with these, and every other one with nothing (RFC 1035 §4). It
// talks over a pipe, on which the standard library uses the length-prefixed form of §4.2.2.
func resolver(addresses ...netip.Addr) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go serveNames(ours, addresses)
		return theirs, nil
	}}
}

func serveNames(conn net.Conn, addresses []netip.Addr) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		reply := answerName(query, addresses)
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

func answerName(query []byte, addresses []netip.Addr) []byte {
	const header = 12
	end := header
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	end += 5               // the root label, type and class
	if query[end-3] != 1 { // not type A
		addresses = nil
	}
	reply := append([]byte{}, query[:2]...)
	reply = append(reply, 0x81, 0x80, 0, 1, 0, byte(len(addresses)), 0, 0, 0, 0)
	reply = append(reply, query[header:end]...)
	for _, a := range addresses {
		reply = append(reply, 0xc0, header, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		reply = append(reply, a.AsSlice()...)
	}
	return reply
}
