package policy

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/zenvault/zenvault/shared/strict"
)

// The bounds of a document. What is stored leaves room for the rest of an item, of which DynamoDB takes 400 KB (service
// quotas, read 2026-11).
const (
	maxText   = 2 << 20   // bytes, in its canonical form: two of them fit into an answer (Lambda takes 6 MB)
	maxPacked = 320 << 10 // bytes, compressed
)

// written is a document in the two forms that outlive the request: the canonical text, which the digest is of, and that
// text compressed, which is stored. Rules are alike, so that ten thousand of them fit into one item.
type written struct{ canonical, packed []byte }

// write checks a document and writes it.
func (d Document) write() (written, error) {
	if err := d.check(); err != nil {
		return written{}, err
	}
	text, err := d.text()
	if err != nil {
		return written{}, fmt.Errorf("writing a policy: %w", err)
	}
	packed, err := pack(text)
	if err != nil {
		return written{}, fmt.Errorf("compressing a policy: %w", err)
	}
	if len(text) > maxText || len(packed) > maxPacked {
		return written{}, ErrTooLarge
	}
	return written{text, packed}, nil
}

func pack(text []byte) ([]byte, error) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

// unpack reads what pack wrote, and not more than a document may have.
func unpack(packed []byte) (written, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return written{}, fmt.Errorf("reading a policy's document: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return written{}, fmt.Errorf("reading a policy's document: %w", err)
	}
	if len(text) > maxText {
		return written{}, fmt.Errorf("reading a policy's document: it has more than %d bytes", maxText)
	}
	return written{text, packed}, nil
}

func read(text []byte, into *Document) error {
	if err := strict.Decode(text, into); err != nil {
		return fmt.Errorf("reading a policy's document: %w", err)
	}
	return nil
}
