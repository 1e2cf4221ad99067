package runtimeapi

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const version = "/2018-06-01/runtime"

func (r *Runtime) handler(started time.Time) http.Handler {
	var first sync.Once
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+version+"/invocation/next", func(w http.ResponseWriter, req *http.Request) {
		first.Do(func() {
			r.init = time.Since(started)
			close(r.polled)
		})
		r.next(w, req)
	})
	mux.HandleFunc("POST "+version+"/invocation/{id}/response", func(w http.ResponseWriter, req *http.Request) {
		r.take(w, req, func(payload []byte) answer { return answer{payload: payload} })
	})
	mux.HandleFunc("POST "+version+"/invocation/{id}/error", func(w http.ResponseWriter, req *http.Request) {
		r.take(w, req, func(payload []byte) answer {
			return answer{err: reported(req.Header.Get("Lambda-Runtime-Function-Error-Type"), payload)}
		})
	})
	mux.HandleFunc("POST "+version+"/init/error", r.initError)
	return mux
}

// next gives the next event to the process, when there is one.
func (r *Runtime) next(w http.ResponseWriter, req *http.Request) {
	select {
	case i := <-r.events:
		r.mu.Lock()
		r.current = i
		r.mu.Unlock()
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", ARN)
		w.Write(i.event) // if the process is gone, Invoke sees that
	case <-r.ended:
	case <-req.Context().Done():
	}
}

// take gives what the process posts for the current event to whoever waits for it. It is 400 for any other event: a
// process that answers twice, or late, has a defect that must show.
func (r *Runtime) take(w http.ResponseWriter, req *http.Request, read func([]byte) answer) {
	payload, err := io.ReadAll(http.MaxBytesReader(w, req.Body, MaxPayload))
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		refuse(w, http.StatusBadRequest, "InvalidRequest", err.Error())
		return
	}
	r.mu.Lock()
	i := r.current
	if i == nil || i.id != req.PathValue("id") {
		r.mu.Unlock()
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	r.current = nil
	r.mu.Unlock()
	if tooLarge != nil {
		i.answered <- answer{err: &FunctionError{Type: "Function.ResponseSizeTooLarge",
			Message: fmt.Sprintf("the answer exceeds %d bytes", MaxPayload)}}
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size")
		return
	}
	i.answered <- read(payload)
	accept(w)
}

// initError ends the start: the process has said that it can't serve.
func (r *Runtime) initError(w http.ResponseWriter, req *http.Request) {
	payload, err := io.ReadAll(http.MaxBytesReader(w, req.Body, MaxPayload))
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequest", err.Error())
		return
	}
	r.blame(reported(req.Header.Get("Lambda-Runtime-Function-Error-Type"), payload))
	accept(w)
	select {
	case r.failed <- struct{}{}:
	default:
	}
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"errorType":%q,"errorMessage":%q}`, kind, message)
}

// newID is a random UUID (RFC 9562 §5.4).
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
