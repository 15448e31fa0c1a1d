package restore

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gopostmortem/postmortem/dump"
)

// unlocks are the methods whose pending call shows that a lock is held.
var unlocks = map[string]struct {
	typ  string
	read bool
}{
	"sync.(*Mutex).Unlock":    {"sync.Mutex", false},
	"sync.(*RWMutex).Unlock":  {"sync.RWMutex", false},
	"sync.(*RWMutex).RUnlock": {"sync.RWMutex", true},
}

// held is a lock that a goroutine seems to hold, and the call that shows it.
type held struct {
	typ   string
	addr  uint64
	read  bool
	again bool // and waits for
	sure  bool
	call  dump.Defer
}

// heldBy lists the locks that a goroutine seems to hold, as its pending calls
// show. A function may unlock what it has locked before the call runs that it
// has deferred for that: then, and in sync.Cond.Wait, it does not hold the lock.
func (s *Session) heldBy(g dump.Goroutine, waits []dump.Wait) []held {
	var out []held
	at := sync.OnceValue(func() dump.Frame { return callerOf(g) })
	cond := sync.OnceValue(func() condWait { return s.condWait(g, waits) })
	defers := g.Defers()
	for _, x := range defers[:min(len(defers), maxPending)] {
		if h, ok := s.shownBy(g, waits, x, at); ok && !cond().gaveBack(h.addr) {
			out = append(out, h)
		}
	}
	return out
}

// shownBy reports whether a pending call shows that its goroutine holds a lock.
// One that waits for a lock may have deferred its Unlock before the Lock, and
// not hold it; but it may if it has deferred that in a caller of the function
// that waits, which at gives, or in an earlier round of the same loop.
func (s *Session) shownBy(g dump.Goroutine, waits []dump.Wait, x dump.Defer, at func() dump.Frame) (held, bool) {
	u, ok := unlocks[x.Target().Name()]
	if !ok || x.Receiver == 0 || x.Running {
		return held{}, false
	}
	h := held{typ: u.typ, addr: x.Receiver, read: u.read, again: waitsFor(waits, x.Receiver), call: x}
	f, ok := x.Frame()
	if h.again && h.read == waitsToRead(g) {
		if !ok || f.Index() < at().Index() || f.Index() == at().Index() && x.Line <= at().Line() {
			return held{}, false
		}
	}
	h.sure = f.Function().Name() == "sync.(*Once).doSlow" // which unlocks nowhere else
	return h, h.sure || !s.source(x.File).unlocked(x.Line, f.Line())
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

// waitsToRead reports whether the lock that a goroutine waits for is wanted for reading.
func waitsToRead(g dump.Goroutine) bool { return strings.HasSuffix(g.WaitReason(), ".RLock") }

// condWait tells of a goroutine in sync.Cond.Wait which lock that has unlocked for it.
type condWait struct {
	in   bool
	lock uint64 // 0 unknown
}

// gaveBack reports whether a lock is, or may be, the one that is unlocked.
func (c condWait) gaveBack(lock uint64) bool { return c.in && (c.lock == 0 || c.lock == lock) }

// condWait looks whether a goroutine is in sync.Cond.Wait. Its lock is the one
// that Wait locks again, or the Cond tells which it is.
func (s *Session) condWait(g dump.Goroutine, waits []dump.Wait) condWait {
	direct := true // Wait itself calls the lock's method
	for f := range g.Frames() {
		if f.Index() == maxCallee {
			break
		}
		if f.Function().Name() != "sync.(*Cond).Wait" {
			direct = direct && f.Function().IsStd()
			continue
		}
		for _, w := range waits[:min(len(waits), maxWaits)] {
			if _, lock, ok := lockOf(w); ok && direct {
				return condWait{true, lock}
			}
			if t, ok := s.typeNamed(w.ObjectType); ok && w.ObjectType == "sync.Cond" {
				return condWait{true, lockerOf(s.d.At(t, w.Object))}
			}
		}
		c, _ := receiver(f, "*sync.Cond")
		return condWait{true, lockerOf(c.Elem())}
	}
	return condWait{}
}

// lockerOf is the lock of a sync.Cond, if that is a lock of package sync.
func lockerOf(cond dump.Value) uint64 {
	l, _ := cond.FieldByName("L")
	if l.Kind() != dump.KindInterface || l.IsNil() {
		return 0
	}
	switch p := l.Elem(); p.Type().Name() {
	case "*sync.Mutex", "*sync.RWMutex", "*sync.rlocker":
		return p.Pointer()
	}
	return 0
}

// receiver is the parameter of a frame that has a type, if its value is known.
func receiver(f dump.Frame, typ string) (dump.Value, bool) {
	if f.NumVariables() > namedVars {
		return dump.Value{}, false
	}
	for _, v := range f.Variables() {
		if x := v.Value(); v.Kind() == dump.VarParam && !v.Stale() && x.Type().Name() == typ && x.Pointer() != 0 {
			return x, true
		}
	}
	return dump.Value{}, false
}

// settle leaves of those who seem to hold a lock the ones who can, by what its
// state says. Where they cannot all hold it, none is a holder.
func (l *Lock) settle(st lockState) {
	l.Free = st.free()
	l.Holders = slices.DeleteFunc(l.Holders, func(u LockUse) bool {
		return st.known && (u.Read && st.readers == 0 || !u.Read && !st.written)
	})
	switch is := func(f func(u LockUse) bool) bool { return slices.ContainsFunc(l.Holders, f) }; {
	case is(func(u LockUse) bool { return u.Sure }):
		l.Holders = slices.DeleteFunc(l.Holders, func(u LockUse) bool { return !u.Sure })
	case is(func(u LockUse) bool { return !u.Read && !u.again }):
		// Only one can have locked it: another one's Unlock was deferred before its Lock.
		l.Holders = slices.DeleteFunc(l.Holders, func(u LockUse) bool { return u.again })
	}
	readers := int64(0)
	for _, u := range l.Holders {
		if u.Read {
			readers++
		}
	}
	writers := int64(len(l.Holders)) - readers
	if writers > 1 || writers == 1 && readers > 0 || st.known && readers > st.readers {
		l.Candidates, l.Holders = l.Holders, nil
	}
}

// HeldText tells how sure it is that a goroutine holds a lock: holds, probably holds.
func (u LockUse) HeldText() string {
	if u.Sure {
		return "holds"
	}
	return "probably holds"
}

// holderText tells who holds the lock for which a goroutine waits.
func (s *Session) holderText(g dump.Goroutine, addr uint64) string {
	l := s.lockTable().at[addr]
	if l == nil {
		return ""
	}
	read := waitsToRead(g)
	for _, u := range l.heldBy(g) {
		switch {
		case u.Read && read:
		case u.Sure:
			return "held by this goroutine itself: a deadlock"
		default:
			return "probably held by this goroutine itself: possibly a deadlock"
		}
	}
	switch {
	case l.Free:
		return "not locked at the freeze"
	case len(l.Candidates) > 0:
		return "may be held by " + goroutineList(l.Candidates, "or")
	case len(l.Holders) == 0:
		return "holder unknown"
	}
	text := "held by "
	if l.Holders[0].Read {
		text = "held to read by "
	}
	if !l.Holders[0].Sure {
		text = "probably " + text
	}
	text += goroutineList(l.Holders, "and")
	if read && l.Holders[0].Read && l.writer != nil {
		text += fmt.Sprintf(", behind goroutine %d, which waits to write", l.writer.Goroutine.ID())
	}
	return text
}

// goroutineList names goroutines: goroutine 7, 8 or 9.
func goroutineList(uses []LockUse, last string) string {
	const most = 5
	text := "goroutine "
	for i, u := range uses[:min(len(uses), most)] {
		switch {
		case i == 0:
		case i == len(uses)-1:
			text += " " + last + " "
		default:
			text += ", "
		}
		text += fmt.Sprint(u.Goroutine.ID())
	}
	if n := len(uses) - most; n > 0 {
		text += fmt.Sprintf(" %s %d more", last, n)
	}
	return text
}
