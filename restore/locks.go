package restore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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

// HeldBy reports whether a pending deferred call shows that its goroutine holds
// a lock: the type and address of it, and whether it is held for reading.
func HeldBy(x dump.Defer) (typ string, addr uint64, read, ok bool) {
	u, ok := unlocks[x.Target().Name()]
	if !ok || x.Receiver == 0 || x.Running {
		return "", 0, false, false
	}
	return u.typ, x.Receiver, u.read, true
}

// Locks lists the locks that goroutines wait for or, as their pending deferred
// calls show, hold. A lock that nobody has locked is not held, whatever calls are pending.
func (s *Session) Locks(r *Reading) []*Lock {
	c := lockCollector{s: s, locks: map[uint64]*Lock{}}
	for g := range s.d.Goroutines() {
		if r.Spent() {
			break
		}
		waits, defers := g.Waits(), g.Defers()
		for _, w := range waits[:min(len(waits), maxWaits)] {
			if typ, addr, ok := lockOf(w); ok {
				c.waiter(g, w, typ, addr)
			}
		}
		for _, x := range defers[:min(len(defers), maxPending)] {
			if typ, addr, read, ok := HeldBy(x); ok && !waitsFor(waits, addr) {
				c.holder(g, x, typ, addr, read)
			}
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
	maxWaits    = 4    // of a goroutine
	maxPending  = 1000 // calls of a goroutine, the next ones to run
	maxNamed    = 20   // of a lock, whose names for it are looked up
	maxNames    = 500  // that are looked up at all
	maxBlockers = 100  // of one waiter, that are looked at for a circle
	maxVisited  = 1000 // goroutines, from one waiter on
)

// waitsFor reports whether a goroutine waits for a lock: it has deferred the
// Unlock before the Lock.
func waitsFor(waits []dump.Wait, addr uint64) bool {
	for _, w := range waits[:min(len(waits), maxWaits)] {
		if w.Object == addr {
			return true
		}
	}
	return false
}

type lockCollector struct {
	s     *Session
	names int
	locks map[uint64]*Lock
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
	name, _ := c.s.name(g, x)
	return name
}

func (c *lockCollector) waiter(g dump.Goroutine, w dump.Wait, typ string, addr uint64) {
	u := LockUse{Goroutine: g, Read: strings.HasSuffix(g.WaitReason(), ".RLock")}
	l := c.lock(typ, addr)
	if len(l.Waiters) < maxNamed {
		u.Name = c.name(g, thing{w.Object, w.ObjectType})
		if u.Name != "" && w.Object != addr {
			u.Name += ".m" // of a sync.Once
		}
	}
	u.Frame, _ = callerOf(g)
	l.Waiters = append(l.Waiters, u)
}

func (c *lockCollector) holder(g dump.Goroutine, x dump.Defer, typ string, addr uint64, read bool) {
	u := LockUse{Goroutine: g, Read: read}
	u.Frame, _ = x.Frame()
	l := c.lock(typ, addr)
	if len(l.Holders) < maxNamed {
		u.Name = c.name(g, thing{addr, typ})
	}
	l.Holders = append(l.Holders, u)
}

// callerOf is the frame that called into the standard library and waits there.
func callerOf(g dump.Goroutine) (dump.Frame, bool) {
	for f := range g.Frames() {
		if !f.Function().IsStd() && !f.Hidden() {
			return f, true
		}
	}
	return g.Frame(0)
}

// list leaves out who cannot hold what nobody has locked, and sorts.
func (c *lockCollector) list() []*Lock {
	var out []*Lock
	for _, l := range c.locks {
		if free, known := c.free(l); known && free {
			l.Holders = nil
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
func (c *lockCollector) free(l *Lock) (free, known bool) {
	t, ok := c.s.typeNamed(l.Type)
	if !ok {
		return false, false
	}
	v := c.s.d.At(t, l.Addr)
	if l.Type == "sync.RWMutex" {
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

// A Step of a deadlock: a goroutine that waits for a lock which the next one holds.
type Step struct {
	Goroutine dump.GoID
	Waits     *Lock
	Name      string // of that lock, as this goroutine's code writes it
	NextName  string // as the next one's does
	Behind    bool   // the next one does not hold it but waits in front, to write
}

// Deadlocks finds the circles of goroutines in which each waits for a lock that
// the next one holds. It follows at most 100 steps from each.
func Deadlocks(locks []*Lock) [][]Step {
	next := map[dump.GoID][]edge{}
	for _, l := range locks {
		for _, w := range l.Waiters {
			next[w.Goroutine.ID()] = append(next[w.Goroutine.ID()], l.blockers(w)...)
		}
	}
	var out [][]Step
	told := map[dump.GoID]bool{}
	for _, l := range locks {
		for _, w := range l.Waiters {
			if circle := follow(next, w.Goroutine.ID()); len(circle) > 0 && !told[circle[0].Goroutine] {
				for _, st := range circle {
					told[st.Goroutine] = true
				}
				out = append(out, circle)
			}
		}
	}
	return out
}

type edge struct {
	to         dump.GoID
	lock       *Lock
	name, next string // of the lock, to both
	behind     bool
}

// blockers are the goroutines for which a waiter waits: those that hold the
// lock, and in front of a reader those that wait to write.
func (l *Lock) blockers(w LockUse) (out []edge) {
	for _, h := range l.Holders[:min(len(l.Holders), maxBlockers)] {
		if !w.Read || !h.Read {
			out = append(out, edge{h.Goroutine.ID(), l, w.Name, h.Name, false})
		}
	}
	if !w.Read || len(out) > 0 {
		return out
	}
	for _, other := range l.Waiters {
		if !other.Read && len(out) < maxBlockers {
			out = append(out, edge{other.Goroutine.ID(), l, w.Name, other.Name, true})
		}
	}
	return out
}

// follow looks for a way from a goroutine back to itself.
func follow(next map[dump.GoID][]edge, from dump.GoID) []Step {
	const longest = 100
	var path []Step
	seen := map[dump.GoID]bool{}
	var walk func(at dump.GoID) bool
	walk = func(at dump.GoID) bool {
		if seen[at] || len(path) == longest || len(seen) == maxVisited {
			return false
		}
		seen[at] = true
		for _, e := range next[at] {
			path = append(path, Step{at, e.lock, e.name, e.next, e.behind})
			if e.to == from || walk(e.to) {
				return true
			}
			path = path[:len(path)-1]
		}
		return false
	}
	if walk(from) {
		return path
	}
	return nil
}

// DeadlockText names a circle: goroutine 7 holds a and waits for b; goroutine 8
// holds b and waits for a. Each lock has the name that the goroutine has for it:
// what one calls from.mu may be another one's to.mu.
func DeadlockText(circle []Step) string {
	var parts []string
	for i, st := range circle {
		before := circle[(i+len(circle)-1)%len(circle)]
		has := "holds"
		if before.Behind {
			has = "waits to write"
		}
		parts = append(parts, fmt.Sprintf("goroutine %d %s %s and waits for %s", st.Goroutine, has, before.Waits.as(before.NextName), st.Waits.as(st.Name)))
	}
	return strings.Join(parts, "; ")
}

// Label names a lock, or tells where it is.
func (l *Lock) Label() string { return l.as(l.Name) }

func (l *Lock) as(name string) string {
	if name != "" {
		return fmt.Sprintf("%s (%#x)", Printable(name), l.Addr)
	}
	return fmt.Sprintf("%#x", l.Addr)
}
