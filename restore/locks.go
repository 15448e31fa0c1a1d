package restore

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gopostmortem/postmortem/dump"
)

// Lock is a mutex that goroutines hold or wait for.
type Lock struct {
	Addr    uint64
	Type    string // sync.Mutex, sync.RWMutex
	Name    string // as a holder's or waiter's code writes it
	Holders []LockUse
	Waiters []LockUse
	Free    bool // nobody has locked it, its state says

	// Candidates have all deferred an Unlock that is pending, but cannot all hold
	// the lock: at least one has unlocked it for a while. There are no Holders then.
	Candidates []LockUse

	first  map[dump.Goroutine]int // its first use among the holders
	writer *LockUse               // the first waiter that wants to write
}

// LockUse is a goroutine that holds a lock, as its pending deferred Unlock
// shows, or waits for it.
type LockUse struct {
	Goroutine dump.Goroutine
	Frame     dump.Frame // that deferred the Unlock; of a waiter the one that waits
	Read      bool       // the lock is held or wanted for reading
	Name      string     // of the lock in the frame

	// Sure says of a holder that it is one. Any other may have unlocked the lock
	// for a while, in a function that it has called; that leaves no trace.
	Sure bool

	again bool // who holds it waits for it as well
	named thing
}

// Shows tells which lock a pending deferred call of a goroutine shows to be
// held, if there is one.
func (s *Session) Shows(g dump.Goroutine, x dump.Defer) (l *Lock, u LockUse, ok bool) {
	if _, unlocks := unlocks[x.Target().Name()]; !unlocks || x.Running {
		return nil, LockUse{}, false
	}
	l = s.lockTable().at[x.Receiver]
	if l == nil {
		return nil, LockUse{}, false
	}
	f, _ := x.Frame()
	own := l.heldBy(g)
	i := slices.IndexFunc(own, func(u LockUse) bool { return u.Frame == f })
	if i < 0 {
		return nil, LockUse{}, false
	}
	return l, own[i], true
}

// heldBy gives those of the holders that are one goroutine.
func (l *Lock) heldBy(g dump.Goroutine) []LockUse {
	i, ok := l.first[g]
	if !ok {
		return nil
	}
	own := l.Holders[i:]
	if n := slices.IndexFunc(own, func(u LockUse) bool { return u.Goroutine != g }); n >= 0 {
		own = own[:n]
	}
	return own
}

// Locks lists the locks that goroutines wait for or, as their pending deferred
// calls show, hold. A lock that nobody has locked is not held, whatever calls are pending.
func (s *Session) Locks(r *Reading) []*Lock {
	t := s.lockTable()
	if !t.named {
		t.named = true
		for _, l := range t.list {
			t.name(s, l, r)
		}
	}
	return t.list
}

// lockTable has the locks of a dump. It is made once.
type lockTable struct {
	at    map[uint64]*Lock
	list  []*Lock
	named bool
	names int // that were looked up
}

func (s *Session) lockTable() *lockTable {
	if s.locks != nil {
		return s.locks
	}
	s.locks = &lockTable{at: map[uint64]*Lock{}}
	r := NewReading(s.d)
	for g := range s.d.Goroutines() {
		if r.Spent() {
			break
		}
		s.locks.add(s, g)
	}
	s.locks.sort(s)
	return s.locks
}

// semaInMutex is where a sync.Mutex has its semaphore.
const semaInMutex = 4

// lockOf is the lock that a goroutine waits for. Who waits for a sync.Once,
// waits for the mutex in it, which the goroutine holds that runs its function.
func lockOf(w dump.Wait) (typ string, addr uint64, ok bool) {
	switch {
	case w.Kind != "semaphore":
	case w.ObjectType == "sync.Mutex" || w.ObjectType == "sync.RWMutex":
		return w.ObjectType, w.Object, true
	case w.ObjectType == "sync.Once" && w.Addr > semaInMutex:
		return "sync.Mutex", w.Addr - semaInMutex, true
	}
	return "", 0, false
}

// A goroutine waits for one lock, and holds a few. A lock may have any number
// of holders and waiters.
const (
	maxWaits   = 4    // of a goroutine
	maxPending = 1000 // calls of a goroutine, the next ones to run
	maxNamed   = 20   // of a lock, whose names for it are looked up
	maxNames   = 500  // that are looked up at all
	maxCallee  = 100  // frames of the standard library above the one that waits
)

// add notes what a goroutine waits for and seems to hold.
func (t *lockTable) add(s *Session, g dump.Goroutine) {
	waits := g.Waits()
	for _, w := range waits[:min(len(waits), maxWaits)] {
		if typ, addr, ok := lockOf(w); ok {
			l := t.lock(typ, addr)
			l.Waiters = append(l.Waiters, LockUse{Goroutine: g, Read: waitsToRead(g), Frame: callerOf(g), named: thing{w.Object, w.ObjectType}})
		}
	}
	for _, h := range s.heldBy(g, waits) {
		u := LockUse{Goroutine: g, Read: h.read, Sure: h.sure, again: h.again, named: thing{h.addr, h.typ}}
		u.Frame, _ = h.call.Frame()
		l := t.lock(h.typ, h.addr)
		if n := len(l.Holders); n > 0 && !h.read && l.Holders[n-1].Goroutine == g {
			continue // it has unlocked in between
		}
		l.Holders = append(l.Holders, u)
	}
}

// index notes what is asked for each of many goroutines.
func (l *Lock) index() {
	l.first = map[dump.Goroutine]int{}
	for i, u := range slices.Backward(l.Holders) {
		l.first[u.Goroutine] = i
	}
	if i := slices.IndexFunc(l.Waiters, func(u LockUse) bool { return !u.Read }); i >= 0 {
		l.writer = &l.Waiters[i]
	}
}

func (t *lockTable) lock(typ string, addr uint64) *Lock {
	l := t.at[addr]
	if l == nil {
		l = &Lock{Addr: addr, Type: typ}
		t.at[addr] = l
	}
	return l
}

// name looks up what the goroutines call a lock.
func (t *lockTable) name(s *Session, l *Lock, r *Reading) {
	for _, uses := range [][]LockUse{l.Holders, l.Candidates, l.Waiters} {
		for i := range uses[:min(len(uses), maxNamed)] {
			if t.names++; t.names > maxNames {
				return
			}
			u := &uses[i]
			u.Name, _ = s.name(u.Goroutine, u.named, r)
			if u.Name != "" && u.named.addr != l.Addr {
				u.Name += ".m" // of a sync.Once
			}
			if l.Name == "" {
				l.Name = u.Name
			}
		}
	}
}

// callerOf is the frame that called into the standard library and waits there.
func callerOf(g dump.Goroutine) dump.Frame {
	for f := range g.Frames() {
		if f.Index() == maxCallee {
			break
		}
		if !f.Function().IsStd() && !f.Hidden() {
			return f
		}
	}
	f, _ := g.Frame(0)
	return f
}

// sort leaves out who cannot hold what it seems to, and the locks without any
// use, and sorts the others.
func (t *lockTable) sort(s *Session) {
	for _, l := range t.at {
		l.settle(s.lockState(l.Type, l.Addr))
		l.index()
		if len(l.Holders)+len(l.Candidates)+len(l.Waiters) > 0 {
			t.list = append(t.list, l)
		}
	}
	slices.SortFunc(t.list, func(a, b *Lock) int {
		if n := cmp.Compare(len(b.Waiters), len(a.Waiters)); n != 0 {
			return n
		}
		return cmp.Compare(a.Addr, b.Addr)
	})
}

// Label names a lock, or tells where it is.
func (l *Lock) Label() string { return l.as(l.Name) }

func (l *Lock) as(name string) string {
	if name != "" {
		return fmt.Sprintf("%s (%#x)", Printable(name), l.Addr)
	}
	return fmt.Sprintf("%#x", l.Addr)
}
