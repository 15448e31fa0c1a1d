package capture

import (
	"github.com/gopostmortem/postmortem/capture/freeze"
	"github.com/gopostmortem/postmortem/capture/internal/image"
	"github.com/gopostmortem/postmortem/capture/internal/plan"
	"github.com/gopostmortem/postmortem/internal/model"
)

// What a goroutine needs for a moment is kept for the next one: a hundred
// thousand goroutines must not make the program's garbage collector run more
// often, for which it has to look through their stacks.

// scratch is what one goroutine leaves to the next.
type scratch struct {
	bytes  []byte // of variables
	key    []byte
	sudogs []byte
	reads  []stackRead
	reqs   []freeze.Request
	index  []int
	plans  []*plan.Plan
	dicts  []string
	dictAt []func(int) uint64
	starts map[uint64]start // what is known of functions that goroutines start in, by address
	roles  map[uint64]role  // of functions, by where they begin

	recorded recorded
	record   model.Goroutine
}

// start is what the function that a goroutine began in tells about it.
type start struct {
	own, system, coroutine bool

	calls bool // it is the runtime's, and calls finalizers or cleanups of the program
}

// room gives n zeroed bytes for the goroutine at hand. The first one's record
// is held back until the dump has begun, and keeps its bytes.
func (c *run) room(n int) []byte {
	if n == 0 {
		return nil
	}
	free := cap(c.scratch.bytes) - len(c.scratch.bytes)
	if !c.started || n > free {
		c.scratch.bytes = make([]byte, 0, max(4<<10, 2*n))
	}
	from := len(c.scratch.bytes)
	c.scratch.bytes = c.scratch.bytes[:from+n]
	b := c.scratch.bytes[from : from+n : from+n]
	clear(b)
	return b
}

// nextGoroutine gives an empty record, and ends the use of what room gave for
// the last one. Once the dump has begun each record is written before the next
// is made, so that all can be the same.
func (c *run) nextGoroutine() *recorded {
	c.scratch.bytes = c.scratch.bytes[:0]
	if !c.started {
		return &recorded{record: new(model.Goroutine)}
	}
	rec := &c.scratch.record
	*rec = model.Goroutine{Inline: rec.Inline[:0], Waits: rec.Waits[:0], Defers: rec.Defers[:0], Panics: rec.Panics[:0]}
	c.scratch.recorded = recorded{record: rec}
	return &c.scratch.recorded
}

// role is what a function of the runtime does for deferred calls.
type role uint8

const (
	other   role = iota
	returns      // runs them when their function returns
	unwinds      // runs them in a panic or Goexit
)

// roleOf tells a function's role. Looking at its name each time takes longer
// than all else that is done for a frame.
func (c *run) roleOf(fn image.Function) role {
	r, known := c.roles[fn.Entry]
	if known {
		return r
	}
	switch fn.Name() {
	case "runtime.deferreturn":
		r = returns
	case "runtime.gopanic", "runtime.Goexit":
		r = unwinds
	}
	if c.roles == nil {
		c.roles = map[uint64]role{}
	}
	c.roles[fn.Entry] = r
	return r
}

// startedIn looks at the function that goroutines begin in.
func (c *run) startedIn(pc uint64) start {
	s, ok := c.scratch.starts[pc]
	if ok {
		return s
	}
	if fn, found := c.e.img.Find(pc); found {
		name := fn.Name()
		s = start{own: c.ofCapture(name), system: c.systemStart(name), coroutine: name == "runtime.corostart",
			calls: name == "runtime.runFinalizers" || name == "runtime.runCleanups"}
	}
	if c.scratch.starts == nil {
		c.scratch.starts = map[uint64]start{}
	}
	c.scratch.starts[pc] = s
	return s
}
