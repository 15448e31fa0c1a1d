package dump

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopostmortem/postmortem/capture/freeze"
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

	ran    atomic.Int64 // Unix nanoseconds: since then, the capture has not let others run
	waited atomic.Int64 // nanoseconds in all, because it did
}

// A capture lets the program's goroutines run after each slice of work: Go's
// scheduler would let them wait for ten times as long. In a program that has
// no time to spare it waits for lenient at the most, and then takes its share.
const (
	slice   = time.Millisecond
	lenient = 500 * time.Millisecond
)

// yield lets others run from time to time. It is called where the capture
// reads, which it does without pause.
func (s *snapshot) yield() {
	begin := time.Now().UnixNano()
	if begin-s.ran.Load() < int64(slice) || s.waited.Load() > int64(lenient) {
		return
	}
	runtime.Gosched()
	end := time.Now().UnixNano()
	s.ran.Store(end)
	s.waited.Add(end - begin)
}

// takeSnapshot freezes the program. At the time end, the image is gone.
func takeSnapshot(o freeze.Options, end time.Time) (s *snapshot, release func() error, err error) {
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
	s.yield()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.over {
		return errExpired
	}
	return s.Snapshot.ReadMemory(p, addr)
}

// ReadBatch reads many places at once.
func (s *snapshot) ReadBatch(reqs []freeze.Request) {
	s.yield()
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
