package dump

import (
	"errors"
	"sync"
	"time"

	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/internal/pace"
)

// A snapshot does not depend on its capture to end: if the dump's writer never
// returns, the frozen process and the thread that holds it would stay for ever.

// errExpired is the error of a read after the end.
var errExpired = errors.New("dump: the snapshot was given up: the capture took too long")

// snapshot is a frozen program that ends by itself.
type snapshot struct {
	*freeze.Snapshot
	mu   sync.RWMutex // held while reading: afterwards the process id may be another's
	over bool
}

// takeSnapshot freezes the program. At the time end, the image is gone.
func takeSnapshot(o freeze.Options, end time.Time) (s *snapshot, release func() error, err error) {
	pace.Rest()
	frozen, err := freeze.Take(o)
	if err != nil {
		return nil, nil, err
	}
	s = &snapshot{Snapshot: frozen}
	expiry := time.AfterFunc(time.Until(end), func() { _ = helping(s.finish) }) // the capture meets errExpired
	return s, func() error {
		expiry.Stop()
		return s.finish()
	}, nil
}

// finish ends the frozen process. It may be called again.
func (s *snapshot) finish() error {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	return s.Snapshot.Close()
}

// ReadMemory implements capture.Memory.
func (s *snapshot) ReadMemory(p []byte, addr uint64) error {
	pace.Turn()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.over {
		return errExpired
	}
	return s.Snapshot.ReadMemory(p, addr)
}

// ReadBatch reads many places at once.
func (s *snapshot) ReadBatch(reqs []freeze.Request) {
	pace.Turn()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.over {
		for i := range reqs {
			reqs[i].Err = errExpired
		}
		return
	}
	s.Snapshot.ReadBatch(reqs)
}
