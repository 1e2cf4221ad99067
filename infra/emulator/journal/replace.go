package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"syscall"
)

// Replace makes the given records the whole of the journal. A crash leaves the old file or the new one, never a mixture.
// It must not run beside Write, so services do it at their own Open.
func (j *Journal) Replace(records iter.Seq[[]byte]) error {
	next := j.path + ".next"
	file, err := os.OpenFile(next, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("replace the journal: %w", err)
	}
	size, err := writeAll(file, records)
	if err == nil {
		// The content must be on disk before the name is, or a loss of power could leave an empty journal.
		err = file.Sync()
	}
	if err == nil {
		err = os.Rename(next, j.path)
	}
	if err == nil {
		err = syncFolder(j.path)
	}
	if err != nil {
		return fmt.Errorf("replace the journal: %w", errors.Join(err, file.Close()))
	}
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.writing.Lock()
	defer j.writing.Unlock()
	old := j.file
	j.file, j.written, j.synced = file, Position(size), Position(size)
	return old.Close()
}

func writeAll(w io.Writer, records iter.Seq[[]byte]) (size int64, err error) {
	out := bufio.NewWriter(w)
	var frame []byte
	for record := range records {
		if frame, err = appendFrame(frame[:0], record); err != nil {
			return size, err
		}
		n, err := out.Write(frame)
		size += int64(n)
		if err != nil {
			return size, err
		}
	}
	return size, out.Flush()
}

func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// lock takes the file's advisory lock, which the kernel drops when the process ends in whatever way.
func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrInUse
		}
		return nil, err
	}
	return file, nil
}
