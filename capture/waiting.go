package capture

import (
	"strings"

	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/types"
	"github.com/gopostmortem/postmortem/internal/model"
)

// The kinds of waits besides those for channels.
const (
	waitSemaphore = "semaphore"
	waitPoll      = "poll"
	waitSleep     = "sleep"
)

// waits records what a goroutine is blocked on, and keeps it: channels of
// which no variable knows any more, too.
func (c *run) waits(out *recorded, g *goroutine.Info) error {
	rec := out.record
	list, err := c.e.layout.Waits(c.r.Mem, g)
	for _, w := range list {
		if w.Channel == 0 {
			c.semaphore(out, w.Elem)
			continue
		}
		kind := rec.WaitReason
		if w.Select {
			kind = "select"
		}
		rec.Waits = append(rec.Waits, model.Wait{Addr: w.Channel, Kind: kind, Elem: w.Elem})
		if c.lim.Depth != 0 {
			c.walker.Channel(w.Channel)
		}
	}
	if len(list) > 0 {
		return err
	}
	switch reason := rec.WaitReason; {
	case reason == "sleep" && g.SleepWhen > 0:
		rec.Waits = append(rec.Waits, model.Wait{Kind: waitSleep, Until: g.SleepWhen})
	case reason == "IO wait":
		c.polled(rec)
	case strings.HasPrefix(reason, "sync.") || reason == "semacquire":
		if c.sems == nil {
			c.sems = c.e.layout.Semaphores(c.r.Mem)
		}
		c.semaphore(out, c.sems[g.Addr])
	}
	return err
}

// polled finds the file or connection whose readiness a goroutine waits for:
// the call that waits has deferred the release of its lock.
func (c *run) polled(rec *model.Goroutine) {
	const owner = "internal/poll.FD"
	for i := range rec.Defers {
		d := &rec.Defers[i]
		name, ok := receiverType(c.funcs.name(d.Target))
		if !ok || name != owner || d.Receiver == 0 {
			continue
		}
		rec.Waits = append(rec.Waits, model.Wait{Kind: waitPoll, Object: d.Receiver, ObjectType: owner})
		c.keep(owner, d.Receiver)
		return
	}
}

// semaphore records the semaphore, or list of waiters, at addr, and the object
// of package sync that it is a part of.
func (c *run) semaphore(out *recorded, addr uint64) {
	if addr == 0 {
		return
	}
	w := model.Wait{Addr: addr, Kind: waitSemaphore}
	if typ, path := syncObject(out); typ != "" {
		off, ok := c.fieldOffset(typ, path)
		if !ok {
			off, ok = semaOffsets[typ+"."+path]
		}
		if ok {
			w.Object, w.ObjectType = addr-uint64(off), typ
			c.keep(typ, w.Object)
		}
	}
	out.record.Waits = append(out.record.Waits, w)
}

// syncObject tells what the outermost call of package sync waits for, from the
// names of the innermost frames: the type, and the path to its semaphore. A
// sync.Cond that locks its lock again waits for that lock.
func syncObject(g *recorded) (typ, path string) {
	for i := range min(g.shape.logical, 24) {
		f := g.logicalFrame(i)
		pkg := packageOf(f.Name)
		if pkg == "runtime" || pkg == "internal/sync" {
			continue
		}
		if pkg != "sync" {
			break
		}
		switch name, _ := receiverType(f.Name); name {
		case "sync.Mutex":
			typ, path = name, "mu.sema"
		case "sync.WaitGroup":
			typ, path = name, "sema"
		case "sync.Cond":
			if typ != "" {
				return typ, path
			}
			typ, path = name, "notify"
		case "sync.Once":
			typ, path = name, "m.mu.sema"
		case "sync.RWMutex":
			switch {
			case strings.Contains(strings.ToLower(f.Name), ".rlock"):
				path = "readerSem"
			case typ == "sync.Mutex":
				path = "w.mu.sema"
			default:
				path = "writerSem"
			}
			typ = name
		}
	}
	return typ, path
}

// semaOffsets is where objects of package sync have their semaphores, in Go 1.25 to 1.27: for
// programs that do not describe their types.
var semaOffsets = map[string]int64{
	"sync.Mutex.mu.sema":     4,
	"sync.RWMutex.w.mu.sema": 4,
	"sync.RWMutex.writerSem": 8,
	"sync.RWMutex.readerSem": 12,
	"sync.Once.m.mu.sema":    8,
	"sync.WaitGroup.sema":    8,
}

// fieldOffset finds a field of a struct of the program by its path.
func (c *run) fieldOffset(typ, path string) (off int64, ok bool) {
	t, ok := c.namedType(typ)
	for _, name := range strings.Split(path, ".") {
		if !ok {
			return 0, false
		}
		ok = false
		for _, f := range t.Fields() {
			if f.Name == name {
				t, off, ok = f.Type, off+f.Offset, true
				break
			}
		}
	}
	return off, ok
}

func (c *run) namedType(name string) (*types.Type, bool) {
	off, err := c.e.img.RuntimeType(name)
	if err != nil {
		return nil, false
	}
	t, err := c.e.types.FromDWARF(off)
	return t, err == nil
}

// keep queues an object of a type that the program has by name.
func (c *run) keep(typ string, addr uint64) {
	if t, ok := c.namedType(typ); ok && c.lim.Depth != 0 {
		c.root(t, addr, false)
	}
}
