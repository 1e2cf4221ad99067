package ses

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// idDomain ends a Message-ID as those of SES do.
const idDomain = "@email.amazonses.com"

// encode writes a mail as RFC 5322 has it.
func encode(m Mail) []byte {
	var b bytes.Buffer
	for _, line := range [][2]string{
		{"Date", m.At.Format(time.RFC1123Z)}, {"Message-ID", "<" + m.ID + idDomain + ">"},
		{"From", m.From}, {"To", strings.Join(m.To, ",\r\n ")}, {"Subject", fold(mime.QEncoding.Encode("UTF-8", m.Subject))},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=UTF-8"}, {"Content-Transfer-Encoding", "quoted-printable"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", line[0], line[1])
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	io.WriteString(w, m.Text) // neither fails: it ends in memory
	w.Close()
	return b.Bytes()
}

// fold breaks a header's line between encoded words (RFC 2047 §2).
func fold(encoded string) string { return strings.ReplaceAll(encoded, "?= =?", "?=\r\n =?") }

// decode reads what encode writes.
func decode(text []byte) (m Mail, err error) {
	read, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return m, err
	}
	m.ID = strings.TrimSuffix(strings.Trim(read.Header.Get("Message-ID"), "<>"), idDomain)
	m.From = read.Header.Get("From")
	var errs [4]error
	m.At, errs[0] = read.Header.Date()
	m.At = m.At.UTC()
	to, err := read.Header.AddressList("To")
	errs[1] = err
	for _, address := range to {
		m.To = append(m.To, address.Address)
	}
	m.Subject, errs[2] = new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	body, err := io.ReadAll(quotedprintable.NewReader(read.Body))
	m.Text, errs[3] = strings.ReplaceAll(string(body), "\r\n", "\n"), err
	return m, errors.Join(errs[:]...)
}

// write keeps a mail so that it survives a kill, whole or not at all. Only its owner may read it: there may be a link in
// it that opens an account.
func write(m Mail) error {
	next := m.File + ".next"
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(encode(m))
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, m.File); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(m.File))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// load reads the mails of a folder, the oldest first: their names begin with their time.
func load(dir string) (all []Mail, err error) {
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		file := filepath.Join(dir, entry.Name())
		if filepath.Ext(file) != ".eml" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		m, err := decode(text)
		if err != nil {
			return nil, fmt.Errorf("reading the mail %s: %w", file, err)
		}
		m.File = file
		all = append(all, m)
	}
	return all, nil
}
