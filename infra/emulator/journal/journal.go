// Package journal is an append-only file of checksummed records, the emulated services' durable state.
//
// What Append has returned survives a kill of the process, and a loss of power unless the journal is opened with
// NoSync. A record is whole or absent: the torn end that a crash leaves behind is cut at the next Open.
package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// ErrClosed is answered by a journal after Close.
var ErrClosed = errors.New("the journal is closed")

// ErrInUse is answered by Open while another journal, here or in another process, has the file open.
var ErrInUse = errors.New("the journal is open elsewhere")

// Position is a point in a journal: the bytes written up to the end of a record.
type Position int64

// Option changes how a journal is opened.
type Option func(*Journal)

// NoSync leaves it to the kernel when records reach the disk: a kill of the process loses nothing, a loss of power may.
func NoSync(j *Journal) { j.noSync = true }

// Journal is one open file. It is safe for concurrent use.
type Journal struct {
	path   string
	noSync bool
	lock   *os.File

	syncing sync.Mutex // held over an fsync; those who wait for it mostly find their record synced by the one before
	synced  Position

	writing sync.Mutex
	file    *os.File
	written Position
	broken  error // after a failed write or fsync the end of the file is unknown, so nothing more is taken
}

// Open reads every record of the file in order into replay and positions itself behind the last one. The file is made
// if it is absent. A record slice is only valid during the call. ErrDamaged comes back if intact records would be lost
// by cutting, and replay's own error as it is.
func Open(path string, replay func(record []byte) error, options ...Option) (*Journal, error) {
	j := &Journal{path: path}
	for _, option := range options {
		option(j)
	}
	if err := j.open(replay); err != nil {
		if j.file != nil {
			j.file.Close()
		}
		if j.lock != nil {
			j.lock.Close()
		}
		return nil, fmt.Errorf("open journal %s: %w", path, err)
	}
	return j, nil
}

func (j *Journal) open(replay func([]byte) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return err
	}
	if j.lock, err = lock(j.path + ".lock"); err != nil {
		return err
	}
	if j.file, err = os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	end, err := readFile(j.file, replay)
	if err != nil {
		return err
	}
	if err := j.file.Truncate(end); err != nil {
		return err
	}
	if _, err := j.file.Seek(end, 0); err != nil {
		return err
	}
	j.written, j.synced = Position(end), Position(end)
	if j.noSync {
		return nil
	}
	// Both the cut and the file's own name must be on disk before anything is promised on top of them.
	if err := j.file.Sync(); err != nil {
		return err
	}
	return syncFolder(j.path)
}

// Append writes a record and waits until it is durable.
func (j *Journal) Append(record []byte) error {
	end, err := j.Write(record)
	if err != nil {
		return err
	}
	return j.Sync(end)
}

// Write puts a record at the end of the file, where it survives a kill of the process. It does not wait for the disk:
// a caller that must order records holds its own lock over Write only, and calls Sync after releasing it.
func (j *Journal) Write(record []byte) (Position, error) {
	frame, err := appendFrame(nil, record)
	if err != nil {
		return 0, err
	}
	j.writing.Lock()
	defer j.writing.Unlock()
	if j.broken != nil {
		return 0, j.broken
	}
	if _, err := j.file.Write(frame); err != nil {
		j.broken = fmt.Errorf("write a journal record: %w", err)
		return 0, j.broken
	}
	j.written += Position(len(frame))
	return j.written, nil
}

// Sync returns when everything up to the position is durable. One fsync serves all who wait for it.
func (j *Journal) Sync(p Position) error {
	if j.noSync {
		return nil
	}
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if p <= j.synced {
		return nil
	}
	j.writing.Lock()
	target, file, broken := j.written, j.file, j.broken
	j.writing.Unlock()
	if broken != nil {
		return broken
	}
	if err := file.Sync(); err != nil {
		err = fmt.Errorf("sync the journal: %w", err)
		j.writing.Lock()
		j.broken = err
		j.writing.Unlock()
		return err
	}
	j.synced = target
	return nil
}

// Size is the length of the file in bytes, by which a service decides to Replace it.
func (j *Journal) Size() int64 {
	j.writing.Lock()
	defer j.writing.Unlock()
	return int64(j.written)
}

// Close syncs what was written and lets go of the file.
func (j *Journal) Close() error {
	j.writing.Lock()
	end, broken := j.written, j.broken
	j.writing.Unlock()
	if errors.Is(broken, ErrClosed) {
		return nil
	}
	syncErr := j.Sync(end)
	j.writing.Lock()
	defer j.writing.Unlock()
	if errors.Is(j.broken, ErrClosed) {
		return nil
	}
	j.broken = ErrClosed
	return errors.Join(syncErr, j.file.Close(), j.lock.Close())
}
