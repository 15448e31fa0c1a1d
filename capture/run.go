package capture

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gopostmortem/postmortem/capture/internal/goroutine"
	"github.com/gopostmortem/postmortem/capture/internal/unwind"
	"github.com/gopostmortem/postmortem/capture/internal/values"
	"github.com/gopostmortem/postmortem/internal/model"
	"github.com/gopostmortem/postmortem/internal/pace"
	"github.com/gopostmortem/postmortem/mock"
)

// run is one capture under way.
type run struct {
	e      *Engine
	r      *Request
	mem    *memory // r.Mem
	lim    Limits
	w      *model.Writer
	ctx    context.Context
	begin  time.Time
	walker *values.Walker
	spans  *heapSpans
	known  goroutines
	funcs  *funcTable
	locs   map[locKey]*location
	stacks map[string]*stackShape
	lastID struct {
		loc   model.LocID
		stack model.StackID
	}
	files   map[string]bool        // sources of user frames
	sems    map[uint64]uint64      // of goroutines that wait for one, by the address of their g; nil not read yet
	targets map[uint64]deferTarget // by the entry of the function deferred
	main    string                 // path of the main module
	losses  map[lossKey]*model.Loss
	count   figures
	err     error // the first that add met

	frames  []unwind.Frame // of the trace at hand, used again for the next
	unwound unwind.Cache
	stack   []byte // of a batch of stacks, likewise
	scratch

	foreignCode foreignCode

	started bool  // meta and cause are written
	early   []any // what waits for that
}

// figures are what the dump says of the capture.
type figures struct {
	goroutines, frames, elided int64
	variables                  tallies
}

type lossKey struct {
	area   string
	reason mock.Reason
}

func (e *Engine) newCapture(w io.Writer, r *Request, mem *memory) (*run, error) {
	c := &run{
		e: e, r: r, mem: mem, lim: r.Limits.withDefaults(), begin: time.Now(),
		locs: map[locKey]*location{}, unwound: unwind.NewCache(), stacks: map[string]*stackShape{}, files: map[string]bool{}, targets: map[uint64]deferTarget{},
		losses: map[lossKey]*model.Loss{}, main: mainModule(r.Meta),
	}
	var err error
	if c.w, err = model.NewWriter(w, model.WriterOptions{Salt: salt(r.Meta)}); err != nil {
		return nil, err
	}
	c.funcs = newFuncTable(c)
	return c, e.startValues(c)
}

// salt tells this dump's sections from those of a dump that lies in the
// captured memory: the first bytes of its random name.
func salt(m *model.Meta) uint32 {
	if len(m.UUID) < 4 {
		return uint32(m.Time)
	}
	return binary.LittleEndian.Uint32(m.UUID)
}

// lose counts what could not be kept. The first detail of a kind is recorded.
func (c *run) lose(area string, reason mock.Reason, n int64, detail string) {
	k := lossKey{area, reason}
	l, ok := c.losses[k]
	if !ok {
		l = &model.Loss{Area: area, Reason: reason, Detail: detail}
		c.losses[k] = l
	}
	l.Count += n
}

// run writes the dump: first what says why the program crashed and the
// goroutine that asked, with all its values, then the other goroutines, then
// source, losses and figures.
func (c *run) run() error {
	ctx := context.Background()
	if !c.r.Deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, c.r.Deadline)
		defer cancel()
	}
	c.ctx = ctx
	list, lost, err := c.e.layout.List(c.r.Mem, c.late)
	if len(list) == 0 && err == nil {
		err = errors.New("there are none")
	}
	if len(list) == 0 {
		return fmt.Errorf("%w: %w", ErrNoGoroutines, err)
	}
	if lost > 0 || err != nil {
		c.lose("goroutines", mock.Unreadable, int64(max(lost, 1)), fmt.Sprint(err))
	}
	list = c.order(list)
	c.known.set(list)
	if asker := c.r.Cause.Goroutine; asker != 0 && list[0].ID != asker {
		return fmt.Errorf("%w: goroutine %d, which asks, is not among them", ErrNoGoroutines, asker)
	}
	c.r.Meta.Missing = append(c.r.Meta.Missing, c.missing()...)
	c.r.Meta.NumGoroutine = int64(len(list))
	c.r.Meta.HasDWARF = c.e.HasDWARF()
	if err := c.crash(list); err != nil {
		return err
	}
	c.rules()
	if err := c.others(list); err != nil {
		return err
	}
	if err := c.globals(); err != nil {
		return err
	}
	if err := c.finishValues(); err != nil {
		return err
	}
	if err := c.sources(); err != nil {
		return err
	}
	return c.finish()
}

// late reports whether the time for the capture is used up.
func (c *run) late() bool { return c.ctx.Err() != nil }

// crash writes meta, cause and the first goroutine with what its variables reach.
func (c *run) crash(list []goroutine.Info) error {
	stacks := c.readStacks(list[:1])
	g := c.goroutine(&list[0], stacks[0])
	c.findCulprit(g)
	c.causeValue()
	c.add(g.record)
	if err := c.start(); err != nil {
		return err
	}
	if err := c.walk(); err != nil {
		return err
	}
	return c.w.Flush()
}

// manyObjects is how many objects may wait to be visited. All goroutines get
// what is one reference away before any gets what is two away; where they are
// so many that this takes much memory, those that come first go first.
const manyObjects = 1 << 18

// others writes the goroutines that did not ask.
func (c *run) others(list []goroutine.Info) error {
	rest := list[1:]
	if n := c.lim.Goroutines - 1; int64(len(rest)) > n {
		c.lose("goroutines", mock.ObjectLimit, int64(len(rest))-n, "more goroutines than the limit")
		rest = rest[:n]
	}
	const batch = 512
	for len(rest) > 0 {
		part := rest[:min(batch, len(rest))]
		if c.late() {
			c.lose("goroutines", mock.TimeLimit, int64(len(rest)), "the time for the capture was used up")
			break
		}
		stacks := c.readStacks(part)
		c.sudogs = c.e.layout.Prefetch(c.r.Mem, part, c.sudogs)
		for i := range part {
			c.add(c.goroutine(&part[i], stacks[i]).record)
		}
		rest = rest[len(part):]
		if c.walker.Waiting() > manyObjects {
			c.walker.Run(c.ctx)
		}
		if c.err != nil {
			return c.err
		}
	}
	if err := c.walk(); err != nil {
		return err
	}
	return c.w.Flush()
}

// finish writes losses and figures: a dump that has them is whole.
func (c *run) finish() error {
	for _, l := range c.losses {
		c.add(l)
	}
	stats := &model.Stats{Figures: append(c.r.Stats, []model.Stat{
		{Name: "goroutines", Value: c.count.goroutines},
		{Name: "frames", Value: c.count.frames},
		{Name: "frames_elided", Value: c.count.elided},
		{Name: "stacks_distinct", Value: int64(len(c.stacks))},
		{Name: "locations", Value: int64(len(c.locs))},
		{Name: "plans_kept", Value: int64(c.e.plans.Len())},
		{Name: "engine_ns", Value: int64(time.Since(c.begin))},
		{Name: "waited_ns", Value: int64(pace.Waited())},
	}...)}
	stats.Figures = append(stats.Figures, c.count.variables.all.figures("")...)
	stats.Figures = append(stats.Figures, c.count.variables.user.figures("user_")...)
	stats.Figures = append(stats.Figures, c.valueFigures()...)
	c.add(stats)
	if c.err != nil {
		return c.err
	}
	return c.w.Close()
}
