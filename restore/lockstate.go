package restore

import "github.com/gopostmortem/postmortem/dump"

// lockState is what a lock's own words say of those who hold it. The dump is of
// one moment, but that may lie within a call that changes them one by one.
type lockState struct {
	known   bool
	written bool // one goroutine has locked it, not just to read
	readers int64
}

// free reports whether nobody holds the lock.
func (st lockState) free() bool { return st.known && !st.written && st.readers == 0 }

// lockState reads the state of a lock.
func (s *Session) lockState(typ string, addr uint64) lockState {
	t, ok := s.typeNamed(typ)
	if !ok {
		return lockState{}
	}
	v := s.d.At(t, addr)
	if typ == "sync.RWMutex" {
		return rwMutexState(v)
	}
	locked, ok := mutexLocked(v)
	return lockState{known: ok, written: locked}
}

// rwMutexState reads a sync.RWMutex. A writer makes the count of readers
// negative, and then waits until those that it found there have left.
func rwMutexState(v dump.Value) lockState {
	readers, ok := atomicInt(v, "readerCount")
	left, ok2 := atomicInt(v, "readerWait")
	w, _ := v.FieldByName("w")
	locked, ok3 := mutexLocked(w)
	switch {
	case !ok || !ok2 || !ok3:
		return lockState{}
	case readers < 0 && left == 0:
		return lockState{known: true, written: true}
	case readers < 0 && left > 0:
		return lockState{known: true, readers: left}
	case readers > 0 || readers == 0 && !locked:
		return lockState{known: true, readers: readers}
	}
	return lockState{} // a call changes it
}

func atomicInt(v dump.Value, field string) (int64, bool) {
	f, _ := v.FieldByName(field)
	n, _ := f.FieldByName("v")
	return n.Int()
}

// mutexLocked reads whether somebody has locked a sync.Mutex.
func mutexLocked(v dump.Value) (locked, known bool) {
	const lockedBit = 1
	if mu, ok := v.FieldByName("mu"); ok {
		v = mu
	}
	state, _ := v.FieldByName("state")
	n, ok := state.Int()
	return n&lockedBit != 0, ok
}
