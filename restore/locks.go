package restore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gopostmortem/postmortem/dump"
)

// Lock is a mutex that goroutines hold or wait for.
type Lock struct {
	Addr    uint64
	Type    string // sync.Mutex, sync.RWMutex
	Name    string // as a holder's or waiter's code writes it
	Holders []LockUse
	Waiters []LockUse
}

// LockUse is a goroutine that holds a lock, as its pending deferred Unlock
// shows, or waits for it.
type LockUse struct {
	Goroutine dump.Goroutine
	Frame     dump.Frame // that deferred the Unlock; of a waiter the one that waits
	Read      bool       // the lock is held or wanted for reading
	Name      string     // of the lock in the frame

	again bool // who holds it waits for it as well
}

// unlocks are the methods whose pending call shows that a lock is held.
var unlocks = map[string]struct {
	typ  string
	read bool
}{
	"sync.(*Mutex).Unlock":    {"sync.Mutex", false},
	"sync.(*RWMutex).Unlock":  {"sync.RWMutex", false},
	"sync.(*RWMutex).RUnlock": {"sync.RWMutex", true},
}

// Shows tells which lock a pending deferred call of a goroutine shows to be
// held, by its type and address; false if none.
func (s *Session) Shows(g dump.Goroutine, x dump.Defer) (typ string, addr uint64, ok bool) {
	h, ok := shownBy(g, g.Waits(), x, func() dump.Frame { return callerOf(g) })
	if !ok {
		return "", 0, false
	}
	if free, known := s.free(h.typ, h.addr); known && free {
		return "", 0, false
	}
	return h.typ, h.addr, true
}

// Locks lists the locks that goroutines wait for or, as their pending deferred
// calls show, hold. A lock that nobody has locked is not held, whatever calls are pending.
func (s *Session) Locks(r *Reading) []*Lock {
	c := lockCollector{s: s, reading: r, locks: map[uint64]*Lock{}}
	for g := range s.d.Goroutines() {
		if r.Spent() {
			break
		}
		waits := g.Waits()
		for _, w := range waits[:min(len(waits), maxWaits)] {
			if typ, addr, ok := lockOf(w); ok {
				c.waiter(g, w, typ, addr)
			}
		}
		for _, h := range heldBy(g, waits) {
			c.holder(g, h)
		}
	}
	return c.list()
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

// held is a lock that a goroutine holds, and the call that shows it.
type held struct {
	typ   string
	addr  uint64
	read  bool
	again bool // and waits for
	call  dump.Defer
}

// heldBy lists the locks that a goroutine holds, as its pending calls show.
func heldBy(g dump.Goroutine, waits []dump.Wait) []held {
	var out []held
	at := sync.OnceValue(func() dump.Frame { return callerOf(g) })
	defers := g.Defers()
	for _, x := range defers[:min(len(defers), maxPending)] {
		if h, ok := shownBy(g, waits, x, at); ok {
			out = append(out, h)
		}
	}
	return out
}

// shownBy reports whether a pending call shows that its goroutine holds a lock.
// One that waits for a lock may have deferred its Unlock before the Lock, and
// not hold it; but it does if it has deferred that in a caller of the function
// that waits, which at gives, or in an earlier round of the same loop.
func shownBy(g dump.Goroutine, waits []dump.Wait, x dump.Defer, at func() dump.Frame) (held, bool) {
	u, ok := unlocks[x.Target().Name()]
	if !ok || x.Receiver == 0 || x.Running {
		return held{}, false
	}
	h := held{u.typ, x.Receiver, u.read, waitsFor(waits, x.Receiver), x}
	if h.again && h.read == waitsToRead(g) {
		f, ok := x.Frame()
		if !ok || f.Index() < at().Index() || f.Index() == at().Index() && x.Line <= at().Line() {
			return held{}, false
		}
	}
	return h, true
}

// waitsFor reports whether a goroutine waits for a lock.
func waitsFor(waits []dump.Wait, addr uint64) bool {
	for _, w := range waits[:min(len(waits), maxWaits)] {
		if _, lock, ok := lockOf(w); ok && lock == addr {
			return true
		}
	}
	return false
}

// holdsItself reports whether what a goroutine waits for is a lock that it holds.
func holdsItself(g dump.Goroutine, w dump.Wait) bool {
	_, addr, ok := lockOf(w)
	return ok && slices.ContainsFunc(heldBy(g, []dump.Wait{w}), func(h held) bool {
		return h.addr == addr && !(h.read && waitsToRead(g))
	})
}

// waitsToRead reports whether the lock that a goroutine waits for is wanted for reading.
func waitsToRead(g dump.Goroutine) bool { return strings.HasSuffix(g.WaitReason(), ".RLock") }

type lockCollector struct {
	s       *Session
	reading *Reading
	names   int
	locks   map[uint64]*Lock
}

func (c *lockCollector) lock(typ string, addr uint64) *Lock {
	l := c.locks[addr]
	if l == nil {
		l = &Lock{Addr: addr, Type: typ}
		c.locks[addr] = l
	}
	return l
}

func (c *lockCollector) name(g dump.Goroutine, x thing) string {
	if c.names++; c.names > maxNames {
		return ""
	}
	name, _ := c.s.name(g, x, c.reading)
	return name
}

func (c *lockCollector) waiter(g dump.Goroutine, w dump.Wait, typ string, addr uint64) {
	u := LockUse{Goroutine: g, Read: waitsToRead(g)}
	l := c.lock(typ, addr)
	if len(l.Waiters) < maxNamed {
		u.Name = c.name(g, thing{w.Object, w.ObjectType})
		if u.Name != "" && w.Object != addr {
			u.Name += ".m" // of a sync.Once
		}
	}
	u.Frame = callerOf(g)
	l.Waiters = append(l.Waiters, u)
}

func (c *lockCollector) holder(g dump.Goroutine, h held) {
	u := LockUse{Goroutine: g, Read: h.read, again: h.again}
	u.Frame, _ = h.call.Frame()
	l := c.lock(h.typ, h.addr)
	if len(l.Holders) < maxNamed {
		u.Name = c.name(g, thing{h.addr, h.typ})
	}
	l.Holders = append(l.Holders, u)
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

// list leaves out who cannot hold what nobody has locked, and sorts.
func (c *lockCollector) list() []*Lock {
	var out []*Lock
	for _, l := range c.locks {
		if free, known := c.s.free(l.Type, l.Addr); known && free {
			l.Holders = nil
		}
		if slices.ContainsFunc(l.Holders, func(u LockUse) bool { return !u.Read && !u.again }) {
			// Only one can have locked it: another one's Unlock was deferred before its Lock.
			l.Holders = slices.DeleteFunc(l.Holders, func(u LockUse) bool { return u.again })
		}
		if len(l.Holders) == 0 && len(l.Waiters) == 0 {
			continue
		}
		for _, u := range slices.Concat(l.Holders, l.Waiters) {
			if l.Name == "" {
				l.Name = u.Name
			}
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b *Lock) int {
		if n := cmp.Compare(len(b.Waiters), len(a.Waiters)); n != 0 {
			return n
		}
		return cmp.Compare(a.Addr, b.Addr)
	})
	return out
}

// free reads from a lock's own state whether anybody has locked it.
func (s *Session) free(typ string, addr uint64) (free, known bool) {
	t, ok := s.typeNamed(typ)
	if !ok {
		return false, false
	}
	v := s.d.At(t, addr)
	if typ == "sync.RWMutex" {
		readers, _ := v.FieldByName("readerCount")
		count, _ := readers.FieldByName("v")
		n, ok := count.Int()
		w, _ := v.FieldByName("w")
		free, known := mutexFree(w)
		return free && n == 0, known && ok
	}
	return mutexFree(v)
}

func mutexFree(v dump.Value) (free, known bool) {
	const locked = 1
	if mu, ok := v.FieldByName("mu"); ok {
		v = mu
	}
	state, _ := v.FieldByName("state")
	n, ok := state.Int()
	return n&locked == 0, ok
}

// Label names a lock, or tells where it is.
func (l *Lock) Label() string { return l.as(l.Name) }

func (l *Lock) as(name string) string {
	if name != "" {
		return fmt.Sprintf("%s (%#x)", Printable(name), l.Addr)
	}
	return fmt.Sprintf("%#x", l.Addr)
}
