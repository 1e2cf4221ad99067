package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// A frame is the record's length and checksum, each four bytes little-endian, then the record. The checksum is
// CRC-32C (RFC 3720 §12.1) over the length and the record, so that a run of zeros is no frame.
const headerSize = 8

// MaxRecord is the longest record in bytes. The largest transaction of DynamoDB is 4 MB; JSON and base64 blow it up.
const MaxRecord = 64 << 20

// ErrDamaged says that a record in the middle of the file does not have its checksum. Cutting the file there would lose
// the intact records behind it, so a person has to decide.
var ErrDamaged = errors.New("the journal is damaged before its end")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendFrame(to, record []byte) ([]byte, error) {
	if len(record) > MaxRecord {
		return nil, fmt.Errorf("a journal record of %d bytes is longer than %d", len(record), MaxRecord)
	}
	var length [4]byte
	binary.LittleEndian.PutUint32(length[:], uint32(len(record)))
	to = append(to, length[:]...)
	to = binary.LittleEndian.AppendUint32(to, checksum(length[:], record))
	return append(to, record...), nil
}

func checksum(length, record []byte) uint32 {
	return crc32.Update(crc32.Checksum(length, castagnoli), castagnoli, record)
}

func readFile(file *os.File, replay func([]byte) error) (end int64, err error) {
	data, err := io.ReadAll(file)
	if err != nil {
		return 0, err
	}
	return read(data, replay)
}

// read replays the frames of data and answers where the last intact one ends.
func read(data []byte, replay func([]byte) error) (end int64, err error) {
	rest := data
	for len(rest) > 0 {
		record, after, ok := cutFrame(rest)
		if !ok {
			break
		}
		if err := replay(record); err != nil {
			return end, fmt.Errorf("replay the record at byte %d: %w", end, err)
		}
		end += int64(len(rest) - len(after))
		rest = after
	}
	if !torn(rest) {
		return end, fmt.Errorf("%w: the record at byte %d of %d", ErrDamaged, end, len(data))
	}
	return end, nil
}

func cutFrame(data []byte) (record, after []byte, ok bool) {
	if len(data) < headerSize {
		return nil, data, false
	}
	length := binary.LittleEndian.Uint32(data)
	if length > MaxRecord || int(length) > len(data)-headerSize {
		return nil, data, false
	}
	record, after = data[headerSize:headerSize+length], data[headerSize+length:]
	if checksum(data[:4], record) != binary.LittleEndian.Uint32(data[4:]) {
		return nil, data, false
	}
	return record, after, true
}

// torn reports whether the rest of a file is what an interrupted write leaves: a frame that claims to reach the end of
// the file or beyond, or blocks that were allotted and never filled. Anything else is a frame that went bad later.
func torn(rest []byte) bool {
	if len(rest) < headerSize || len(bytes.Trim(rest, "\x00")) == 0 {
		return true
	}
	length := binary.LittleEndian.Uint32(rest)
	return length <= MaxRecord && int(length) >= len(rest)-headerSize
}
